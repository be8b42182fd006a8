/** A gateway of separate processes that can be put under stress, and what its line did. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../src/io/clock';
import { type SimBroker, startBroker } from '../../../src/sim/broker';
import { between, type Instant } from '../../../src/time';
import { type Gateway, startGateway } from '../../scenarios/gateway';

const PRELOAD = path.join(__dirname, 'stress.cjs');
const LOOK_ms = 20;
/** A healthy site gives an edge each second. */
const EDGE_LATE_ms = 1500;

export type Stress = Readonly<Record<string, readonly string[]>>;

export const onAll = (names: readonly string[], stress: readonly string[]): Stress =>
  Object.fromEntries(names.map((n) => [n, stress]));

/** A gateway whose processes can be put under stress, and what its line did. */
export class Stressed {
  readonly gateway: Gateway;
  private readonly broker: SimBroker;
  private readonly file: string;
  private readonly timer: NodeJS.Timeout;
  private edges = 0;
  private edgeAt: Instant | undefined;
  private wasUp = false;
  private closed = false;
  private readonly closing: (() => void)[] = [];
  drops = 0;
  longestGap_ms = 0;
  /** When the line was last seen to drop. */
  droppedAt: Instant | undefined;
  private begunAt: Instant | undefined;
  private alarmsBefore = 0;
  /** From `begins` to a new alarm, or to an edge that did not come. */
  detected_s: number | undefined;

  private constructor(gateway: Gateway, broker: SimBroker, file: string) {
    this.gateway = gateway;
    this.broker = broker;
    this.file = file;
    this.timer = setInterval(() => this.look(), LOOK_ms);
  }

  static async open(
    seed: number,
    horizon_ms: number,
    nodeFlags: readonly string[] = [],
  ): Promise<Stressed> {
    const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-stress-'));
    const file = path.join(folder, 'stress.json');
    const broker = await startBroker();
    const gateway = await startGateway({
      broker: `mqtt://127.0.0.1:${broker.port}`,
      seed,
      horizon_ms,
      nodeFlags: ['-r', PRELOAD, ...nodeFlags],
      env: { HOLDFAST_STRESS: file },
    });
    return new Stressed(gateway, broker, file);
  }

  private look(): void {
    const now = systemClock.now();
    const { line } = this.gateway;
    if (line.edgeCount !== this.edges) {
      if (this.edgeAt !== undefined && this.wasUp) {
        this.longestGap_ms = Math.max(this.longestGap_ms, between(this.edgeAt, now));
      }
      this.edges = line.edgeCount;
      this.edgeAt = now;
    }
    const up = line.energised(now);
    if (this.wasUp && !up) {
      this.drops += 1;
      this.droppedAt = now;
    }
    this.wasUp = up;
    if (this.begunAt !== undefined) this.notice(this.begunAt, now);
  }

  /** The fault begins now. */
  begins(): void {
    this.alarmsBefore = this.alarms();
    this.begunAt = systemClock.now();
  }

  private notice(begun: Instant, now: Instant): void {
    if (this.detected_s !== undefined) return;
    const withheld = this.wasUp && between(this.edgeAt ?? begun, now) > EDGE_LATE_ms;
    const dropped = this.droppedAt !== undefined && this.droppedAt >= begun;
    if (withheld || dropped || this.alarms() > this.alarmsBefore) {
      this.detected_s = between(begun, now) / 1000;
    }
  }

  private alarms(): number {
    return this.seen(/ site: alarm [^:]*: raised /g);
  }

  /** Puts the processes under this stress; replaces the one before. */
  set(stress: Stress): void {
    writeFileSync(`${this.file}.new`, JSON.stringify(stress));
    renameSync(`${this.file}.new`, this.file);
  }

  raised(): boolean {
    const now = systemClock.now();
    return this.gateway.site.stations.some((s) => {
      const current = this.gateway.sim.stations.station(s.id)?.trueCurrent_A(now) ?? [0, 0, 0];
      return current.some((a) => a > s.static_A + 0.6);
    });
  }

  restarts(): number {
    return this.seen(/ended \(.*starting it again/g);
  }

  seen(words: RegExp): number {
    return this.gateway.log().match(words)?.length ?? 0;
  }

  atClose(ends: () => void): void {
    this.closing.push(ends);
  }

  /** May be called twice. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.timer);
    for (const ends of this.closing) ends();
    await this.gateway.stop();
    await this.broker.close();
    rmSync(path.dirname(this.file), { recursive: true, force: true });
  }
}
