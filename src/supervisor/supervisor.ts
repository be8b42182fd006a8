import type { DeviceProfile } from '../device';
import {
  type Evidence,
  initialLine,
  judgeEvidence,
  type LineInput,
  type LineState,
  nextLine,
  RETURN,
  type StartKind,
} from '../mode';
import type { CycleRecord, Mode, RecordEntry } from '../model';
import { between, type Instant, later } from '../time';
import { EnergyCross } from './energyCross';
import { decodeEnergy, energyLayout, type EnergyLayout } from './energyLayout';
import { GridEvidence, gridFresh } from './gridEvidence';
import type { GridFrame } from './gridFrame';
import { hexBytes } from './hexBytes';
import { falseRecords } from './falseRecords';
import { DRILL_ms, LineSet } from './lineSet';
import type { LinesOut } from './lineStatus';
import { foreignEntry, longestLease_ms, type Site } from './siteView';
import { addUp, admission, type StationsBelow, stationsBelow } from './sums';

/** The watchdog opens by itself this long after the last edge. */
export const FEED_TIMEOUT_ms = RETURN.hold_ms;
/** A record older than this on arrival is not evidence of now. */
const RECORD_AGE_MAX_ms = 1500;
/** The state it was decided on may be this old: one cycle that was 1.5 s late still counts. */
const LATCH_AGE_MAX_ms = 3000;
/** Sums of station meters older than this, or from the future, are not known. */
const METERS_AGE_MAX_ms = 10_000;
/** Wall clock may differ from the monotonic clock's course by this much between two records. */
const CLOCK_JUMP_MAX_ms = 60_000;
/** Longer than any line holds without an edge: then a boot whose first records were lost may begin. */
const BOOT_GONE_ms = 10_000;
/** Instants of one machine's clock differ between processes by at most this. */
const CLOCK_SLACK_ms = 5;
/** Station meters against the grid meter must contradict this long before they count. */
const DISAGREE_ms = 10_000;

const SILENCE = 'no cycle record';

export interface SupervisorSetup {
  readonly site: Site;
  readonly gridProfile: DeviceProfile;
  readonly reaction_ms: number;
  readonly start: StartKind;
  readonly kept: SupervisorKept;
  /** In [0, 1): seeded per site, for the return delay. */
  readonly random: () => number;
}

/** What survives a restart. It can only make the supervisor more careful. */
export interface SupervisorKept {
  readonly returnsWithinHour: number;
  readonly latched: boolean;
  /** An excess was noticed and is not over. */
  readonly excess?: boolean;
  /** Lines whose contacts held without edges, and were not seen to drop since. */
  readonly stuck?: readonly string[];
}

/** Sum of the stations' own meters, from another process and another medium. */
export interface StationMeters {
  readonly at: Instant;
  /** Absent: unknown. */
  readonly sum_W?: number;
}

export interface Feed {
  /** Give one edge now, to each of `lines`. */
  readonly edge: boolean;
  /** Ids of the site file; empty without an edge. */
  readonly lines: readonly string[];
  readonly text: string;
}

export interface SupervisorReport {
  readonly line: 'open' | 'fed';
  readonly text: string;
  readonly accepted: number;
  readonly refused: number;
  readonly latched: boolean;
  /** The breaker remembers an excess: nothing is fed before it has cooled or a person acts. */
  readonly excess: boolean;
  readonly returnsWithinHour: number;
  /** As in `SupervisorKept`. */
  readonly stuck: readonly string[];
  readonly lastRecord_at?: Instant;
}

/** One supervisor of one site. `record` is the only way to an edge. */
export class Supervisor {
  private readonly setup: SupervisorSetup;
  private readonly below: StationsBelow;
  private readonly grid: GridEvidence;
  private readonly lines: LineSet;
  private readonly energy: EnergyCross;
  private energyKnown:
    { readonly frame: string; readonly counted_Wh: number | undefined } | undefined;
  private readonly energyAt: EnergyLayout | undefined;
  private state: LineState;
  private last: CycleRecord | undefined;
  private lastAt: Instant | undefined;
  /** When the last record came, whatever it was worth. */
  private heardAt: Instant | undefined;
  private modeSince: { readonly mode: Mode; readonly at: Instant } | undefined;
  private meters: StationMeters | undefined;
  private disagreeSince: Instant | undefined;
  private text = 'no record yet';
  private accepted = 0;
  private refused = 0;
  private personReleases = false;
  private drillUntil: Instant | undefined;
  private refusalFailed = false;
  private readonly wereStuck: Set<string>;

  constructor(setup: SupervisorSetup, now: Instant) {
    this.setup = setup;
    this.below = stationsBelow(setup.site);
    this.lines = new LineSet(setup.site.lines.map((l) => l.id));
    const { excess, stuck } = setup.kept;
    this.wereStuck = new Set(stuck);
    this.grid = new GridEvidence(setup.site, setup.gridProfile, setup.reaction_ms, excess);
    this.energyAt = energyLayout(setup.gridProfile, setup.site.gridMeter.unit);
    this.energy = new EnergyCross(setup.site.connection.base_load_min_W, mostSources_W(setup.site));
    this.state = initialLine(setup.start, { ...setup.kept, random: setup.random() }, now);
  }

  /** Judges one cycle record and says whether to give an edge. */
  record(record: CycleRecord, now: Instant): Feed {
    this.heardAt = now;
    const evidence = this.evidence(record, now);
    const verdict = judgeEvidence(record.mode, evidence.claims);
    const text = verdict.feed ? 'fed' : (evidence.texts.get(verdict.claim) ?? verdict.text);
    const drilled = this.drillUntil !== undefined && now < this.drillUntil;
    const unfit = verdict.feed ? this.admit(record) : undefined;
    const barred = this.refusalFailed
      ? 'the refusal drill failed'
      : drilled
        ? 'line drill'
        : (unfit ?? '');
    const believed =
      evidence.claims['record-consistent'] === true && evidence.claims['record-fresh'] === true;
    const restarted = believed && this.last !== undefined && record.bootId !== this.last.bootId;
    const good = verdict.feed && barred === '';
    const byDrill = verdict.feed && drilled && unfit === undefined && !this.refusalFailed;
    const feed = this.advance({ good, text: barred || text, restarted, drilled: byDrill }, now);
    // A record from the future must not make every later one look out of order.
    if (believed) {
      this.last = record;
      this.lastAt = now;
      if (this.modeSince?.mode !== record.mode) this.modeSince = { mode: record.mode, at: now };
    }
    // Leaving a line out can be asked for by any record: it only takes edges away.
    this.lines.isolate(record.isolate ?? [], now);
    return { ...feed, lines: feed.edge ? this.lines.fed(now) : [] };
  }

  /** Called about once a second: notices that records stopped. Never gives an edge. */
  tick(now: Instant): void {
    const { line, good, fedAt } = this.state;
    const since = line === 'fed' ? fedAt : this.heardAt;
    if (since === undefined || between(since, now) < FEED_TIMEOUT_ms) return;
    // Good records of a return come in a row: a silence ends the row, once.
    if (line === 'open' && good === 0 && this.text === SILENCE) return;
    // What came and was refused is known better than by its absence.
    const silent = this.heardAt === undefined || between(this.heardAt, now) >= FEED_TIMEOUT_ms;
    this.advance({ good: false, text: silent ? SILENCE : this.text, restarted: false }, now);
  }

  stationMeters(meters: StationMeters): void {
    this.meters = meters;
  }

  /** A person releases the latch; takes effect with the next record. */
  release(): void {
    this.personReleases = true;
    this.grid.release();
  }

  /** The line drill: no edges for so long that the relay must drop. */
  lineDrill(now: Instant, line?: string): void {
    if (line !== undefined && this.lines.count > 1) return this.lines.drill(line, now);
    this.drillUntil = later(now, FEED_TIMEOUT_ms + 2000);
  }

  /**
   * The refusal drill: false records must not be fed, whether or not a true one has come yet. One
   * that would be fed ends all feeding: a supervisor that cannot refuse proves nothing. True when
   * each was refused.
   */
  refusalDrill(now: Instant): boolean {
    const fed = falseRecords(this.setup.site, this.last, now).some(
      (r) => judgeEvidence(r.mode, this.evidence(r, now, true).claims).feed,
    );
    if (fed) this.refusalFailed = true;
    return !fed;
  }

  report(): SupervisorReport {
    const at = this.lastAt === undefined ? {} : { lastRecord_at: this.lastAt };
    return {
      line: this.state.line,
      text: this.text,
      accepted: this.accepted,
      refused: this.refused,
      latched: this.state.latched || this.grid.needsPerson,
      excess: this.grid.noticed,
      returnsWithinHour: this.state.returns.length,
      stuck: [...this.wereStuck],
      ...at,
    };
  }

  /** Lines without edges, on purpose or because nothing is fed. */
  leftOut(now: Instant): LinesOut {
    const { line, openSince } = this.state;
    return {
      now: this.lines.leftOut(now),
      mustBeOpen: this.lines.mustBeOpen(now),
      allMustBeOpen: line === 'open' && between(openSince, now) > DRILL_ms,
      wereStuck: this.wereStuck,
    };
  }

  /** Why no line may be energised. One that is up is left to the other rules: it waits no more. */
  private admit(record: CycleRecord): string | undefined {
    const open = this.state.line === 'open';
    const { admitting } = this.lines;
    if (!open && admitting.length === 0) return undefined;
    const { leftOut, why } = admission(this.setup.site, record, this.below);
    if (open && why !== undefined) return why.text;
    this.lines.admit(open ? leftOut : admitting.filter((id) => leftOut.includes(id)));
    return undefined;
  }

  private advance(
    period: Pick<LineInput, 'good' | 'text' | 'restarted' | 'drilled'>,
    now: Instant,
  ): Omit<Feed, 'lines'> {
    const { good, text } = period;
    if (good) this.accepted += 1;
    else this.refused += 1;
    const { personReleases } = this;
    this.personReleases = false;
    const random = this.setup.random();
    const next = nextLine(this.state, { ...period, random, personReleases }, now);
    this.state = next.state;
    this.text = next.feed ? 'fed' : good ? `good, waiting: ${next.state.whyOpen}` : text;
    return { edge: next.feed, text: this.text };
  }

  /** `dry`: nothing is remembered of this record; what judges over time is left out. */
  private evidence(
    record: CycleRecord,
    now: Instant,
    dry = false,
  ): { claims: Evidence; texts: ReadonlyMap<string, string> } {
    const texts = new Map<string, string>();
    const note = (claim: string, text: string | undefined): boolean => {
      if (text !== undefined) texts.set(claim, text);
      return text === undefined;
    };
    const grid = this.grid.values(record);
    const excess = dry ? undefined : this.grid.excess(record, grid, now);
    const sums = addUp(this.setup.site, record, this.below)?.text;
    const claims: Evidence = {
      'record-fresh': fresh(record, now),
      'record-consistent': note('record-consistent', this.inconsistent(record, now)),
      'decision-done': record.decisionDone,
      'clock-sane': this.clockSane(record),
      'grid-fresh': grid !== undefined && gridFresh(record, now),
      'proved-or-reserved': record.entries.every((e) => e.proved !== 'pending'),
      'sums-within-limits': note('sums-within-limits', sums),
      'no-excess': note('no-excess', excess),
      'meter-agrees': note('meter-agrees', dry ? undefined : this.disagreement(record, grid, now)),
      'nothing-above-static': note('nothing-above-static', this.aboveStatic(record, now)),
    };
    return { claims, texts };
  }

  private inconsistent(record: CycleRecord, now: Instant): string | undefined {
    if (record.decided_at < record.latched_at) return 'decided before it was latched';
    const foreign = foreignEntry(this.setup.site, record);
    if (foreign !== undefined) return foreign;
    const { last, lastAt } = this;
    if (last === undefined || lastAt === undefined) return undefined;
    if (record.latched_at <= last.latched_at) return 'latched before the last record';
    if (record.bootId !== last.bootId) {
      // A restarted site begins at cycle 1. Its first records may have been lost: then it is
      // believed only after the old boot has been silent for longer than the line holds.
      const begins = record.cycle <= 3 || between(lastAt, now) > BOOT_GONE_ms;
      return begins ? undefined : 'the record is from another boot';
    }
    if (record.cycle <= last.cycle) return `cycle ${record.cycle} after ${last.cycle}`;
    return undefined;
  }

  private clockSane(record: CycleRecord): boolean {
    const last = this.last;
    if (last?.bootId !== record.bootId) return true;
    const wall = record.wall_ms - last.wall_ms;
    return Math.abs(wall - between(last.latched_at, record.latched_at)) <= CLOCK_JUMP_MAX_ms;
  }

  /**
   * Stations and the smallest base load cannot draw more than grid and sources deliver, now and
   * over ten minutes; nor can the meter's counter contradict its power.
   */
  private disagreement(
    record: CycleRecord,
    grid: GridFrame | undefined,
    now: Instant,
  ): string | undefined {
    const age_ms = this.meters === undefined ? Infinity : between(this.meters.at, now);
    const known = age_ms >= 0 - CLOCK_SLACK_ms && age_ms <= METERS_AGE_MAX_ms;
    const sum_W = known ? this.meters?.sum_W : undefined;
    if (grid === undefined) return undefined;
    const power_W = grid.power_W[0] + grid.power_W[1] + grid.power_W[2];
    const net_Wh = this.counted_Wh(record);
    // Only in normal the meter is trusted: what it said otherwise is no evidence against it.
    if (record.mode !== 'normal') this.energy.forget();
    const byEnergy = this.energy.judge(
      {
        power_W,
        ...(net_Wh === undefined || record.energyFrame === undefined
          ? {}
          : { counter: { at: record.energyFrame.at, net_Wh } }),
        ...(sum_W === undefined ? {} : { stations_W: sum_W }),
      },
      now,
    );
    if (byEnergy !== undefined) return byEnergy;
    if (sum_W === undefined) return undefined;
    const { site } = this.setup;
    const needed_W = sum_W + site.connection.base_load_min_W;
    const seen_W = power_W + mostSources_W(site);
    const slack_W = 0.1 * site.connection.apparent_VA;
    if (needed_W <= seen_W + slack_W) {
      this.disagreeSince = undefined;
      return undefined;
    }
    this.disagreeSince ??= now;
    if (between(this.disagreeSince, now) < DISAGREE_ms) return undefined;
    return `stations and base load need ${needed_W.toFixed(0)} W, the grid meter allows ${seen_W.toFixed(0)} W`;
  }

  private counted_Wh(record: CycleRecord): number | undefined {
    const { energyFrame } = record;
    if (energyFrame === undefined || this.energyAt === undefined) return undefined;
    // The register is read every few seconds; in between the same frame comes again.
    if (this.energyKnown?.frame !== energyFrame.frame) {
      const counted_Wh = decodeEnergy(this.energyAt, hexBytes(energyFrame.frame));
      this.energyKnown = { frame: energyFrame.frame, counted_Wh };
    }
    return this.energyKnown.counted_Wh;
  }

  /** Outside `normal` nothing is commanded above static and no lease is granted anew. */
  private aboveStatic(record: CycleRecord, now: Instant): string | undefined {
    const since = this.modeSince?.mode === record.mode ? this.modeSince.at : now;
    for (const entry of record.entries) {
      const station = this.setup.site.stations.find((s) => s.id === entry.id);
      const bound = entry.kind === 'station' ? (station?.static_A ?? 0) : 0;
      // A BESS that charges is a load: both directions are above static.
      if (entry.kind !== 'pv' && !(Math.abs(entry.commanded) <= bound + 1e-6)) {
        return `${entry.id} is commanded ${entry.commanded}, static is ${bound}`;
      }
      if (entry.ends_at === undefined || holdsSun(this.setup.site, entry)) continue;
      const longest_ms = longestLease_ms(this.setup.site);
      if (between(since, entry.ends_at) > longest_ms) return `${entry.id} has a newer lease`;
    }
    const told = new Set(record.entries.map((e) => e.id));
    const silent = this.setup.site.stations.find((s) => !told.has(s.id));
    return silent === undefined ? undefined : `no entry for ${silent.id}`;
  }
}

/** A lease that keeps the sun at what the static plan counts, or below: it may go on in any mode. */
const holdsSun = (site: Site, { id, kind, commanded }: RecordEntry): boolean =>
  kind === 'pv' && commanded <= (site.pv.find((p) => p.id === id)?.expiry_W ?? 0);

/** All BESS and PV at their ratings, W. */
const mostSources_W = (site: Site): number =>
  site.bess.reduce((s, b) => s + b.discharge_W, 0) + site.pv.reduce((s, p) => s + p.rated_W, 0);

function fresh(record: CycleRecord, now: Instant): boolean {
  const age_ms = between(record.decided_at, now);
  const recent = age_ms >= 0 - CLOCK_SLACK_ms && age_ms <= RECORD_AGE_MAX_ms;
  return recent && between(record.latched_at, now) <= LATCH_AGE_MAX_ms;
}
