/**
 * What the raw frame of the grid meter proves: in `normal` that it is fresh, in every mode whether
 * the site draws more than it may. Whatever was commanded, an excess that the meter shows is not
 * fed: in `static` and `blind` the stations may be in other hands (INV-10).
 */
import type { DeviceProfile } from '../device';
import type { CycleRecord } from '../model';
import { between, type Instant } from '../time';
import { ExcessWatch } from './excessWatch';
import { decodeGridFrame, type GridFrame, gridLayout, type GridLayout } from './gridFrame';
import { hexBytes } from './hexBytes';
import type { Site } from './siteView';

/** The grid frame inside a record may be this old. */
const AGE_MAX_ms = 3000;
/** Instants of one machine's clock differ between processes by at most this. */
const CLOCK_SLACK_ms = 5;
/** Outside `normal` a meter that gave the same bytes for longer proves nothing. */
const SAME_MAX_ms = 5000;
/** More than this multiple of the connection's rating is no current but a wrong map. */
const NONSENSE = 12;
/** Active power may exceed what current and the highest voltage make by this, W. */
const POWER_SLACK_W = 150;
const HIGH_VOLTAGE = 1.3;

export class GridEvidence {
  private readonly site: Site;
  private readonly bound_A: number;
  private readonly layout: GridLayout | undefined;
  private readonly watch: ExcessWatch;
  private same: { readonly hex: string; readonly since: Instant } | undefined;

  /**
   * `reaction_ms`: declared for the connection point; an excess within it is regulated away.
   * `held`: an excess noticed before our start is not over.
   */
  constructor(site: Site, profile: DeviceProfile, reaction_ms: number, held = false) {
    const [grid] = site.nodes;
    if (grid === undefined) throw new Error('a site has a connection point');
    this.site = site;
    this.bound_A = NONSENSE * Math.max(grid.import_A, grid.curve.rating_A);
    this.layout = gridLayout(profile, site.gridMeter.unit);
    this.watch = new ExcessWatch(grid.curve, grid.import_A, reaction_ms, held);
  }

  /** The frame's values; undefined when there is none or anything about it is wrong. */
  values(record: CycleRecord): GridFrame | undefined {
    if (record.gridFrame === undefined || this.layout === undefined) return undefined;
    return decodeGridFrame(this.layout, hexBytes(record.gridFrame.frame));
  }

  /** Why what the meter shows must not go on; undefined when it may, or when it shows nothing. */
  excess(record: CycleRecord, values: GridFrame | undefined, now: Instant): string | undefined {
    const proves = values !== undefined && gridFresh(record, now) && this.tells(record, values);
    return this.watch.judge(proves ? values.current_A : undefined, now);
  }

  /** See ExcessWatch. */
  get noticed(): boolean {
    return this.watch.noticed;
  }

  /** See ExcessWatch. */
  get needsPerson(): boolean {
    return this.watch.needsPerson;
  }

  release(): void {
    this.watch.release();
  }

  /** A lost, frozen or mad meter never drops the line: only readings that can be true count. */
  private tells({ mode, gridFrame }: CycleRecord, values: GridFrame): boolean {
    if (gridFrame === undefined) return false;
    const { frame: hex, at } = gridFrame;
    if (this.same?.hex !== hex) this.same = { hex, since: at };
    if (mode === 'normal') return true;
    if (between(this.same.since, at) > SAME_MAX_ms) return false;
    const most_V = HIGH_VOLTAGE * this.site.nominal_V;
    return values.current_A.every((a, i) => {
      const power_W = values.power_W[i === 0 ? 0 : i === 1 ? 1 : 2];
      return a <= this.bound_A && Math.abs(power_W) <= a * most_V + POWER_SLACK_W;
    });
  }
}

/** A frame from the future is as bad as an old one: it would never get stale. Pure. */
export function gridFresh(record: CycleRecord, now: Instant): boolean {
  if (record.gridFrame === undefined) return false;
  const age_ms = between(record.gridFrame.at, now);
  return age_ms >= 0 - CLOCK_SLACK_ms && age_ms <= AGE_MAX_ms;
}
