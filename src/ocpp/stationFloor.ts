import { later, passed } from '../time';
import type { Instant } from '../time';
import type { StationConfig } from './config';
import type { Dialect, ReportedSettings, Request } from './dialect';
import { nextFloorStep, showsFloor } from './floorCheck';
import type { FloorReply, FloorStep } from './floorCheck';
import type { JsonObject } from './frame';
import type { SessionContext } from './sessionContext';

/** A station that has just rebooted says so first; one that only reconnected is not kept waiting. */
const BOOT_GRACE_MS = 1_500;
/** Pause before the floor is tried again on a station that refused it. */
const RETRY_MS = 60_000;
/** The floor is read back this often while connected. */
const RECHECK_MS = 3_600_000;

export type FloorPurpose =
  | { readonly kind: 'floor-step'; readonly step: FloorStep }
  | { readonly kind: 'floor-recheck' }
  | { readonly kind: 'connector-cap'; readonly connector: number }
  | { readonly kind: 'self-test' }
  | { readonly kind: 'other' };

/** What the floor needs from its session. */
export interface FloorHost {
  dialect(): Dialect;
  ask(request: Request, purpose: FloorPurpose, priority: 'safety' | 'normal', now: Instant): void;
  /** The station said that the lease profile is gone. */
  cleared(): void;
  leasePossible(now: Instant): boolean;
  changed(): void;
  /** The floor is in force, and all that must be said first is said. */
  proved(now: Instant): void;
}

/** Installs and proves one station's safe static limit, after each connect and each hour. */
export class StationFloor {
  station: StationConfig;
  private step: FloorStep = 'settings';
  private due_at: Instant | undefined;
  private reported: ReportedSettings = {};
  /** Connectors that took their cap since the last boot. */
  private readonly capped = new Set<number>();
  private readonly context: SessionContext;
  private readonly host: FloorHost;

  constructor(station: StationConfig, context: SessionContext, host: FloorHost) {
    this.station = station;
    this.context = context;
    this.host = host;
  }

  private get dialect(): Dialect {
    return this.host.dialect();
  }

  /** Takes another configuration: a self-test, or another firmware, changed what holds. */
  configure(station: StationConfig): void {
    this.station = station;
  }

  /** The most a lease may raise to: beyond one connector's rating only when each is capped. */
  get ceiling_A(): number {
    const { connectorMax_A, connectors, max_A } = this.station;
    if (connectorMax_A === undefined || connectorMax_A >= max_A) return max_A;
    return this.capped.size >= connectors ? max_A : connectorMax_A;
  }

  get verified(): boolean {
    return this.step === 'done';
  }

  connected(now: Instant): void {
    this.step = 'settings';
    this.due_at = later(now, BOOT_GRACE_MS);
  }

  disconnected(): void {
    this.step = 'settings';
    this.due_at = undefined;
  }

  /** A reboot may have lost floor and caps. */
  rebooted(now: Instant): void {
    this.capped.clear();
    this.begin(now);
  }

  /** The caps of the connectors may be gone (a clear of the CPMS). */
  recap(now: Instant): void {
    this.capped.clear();
    if (this.verified) this.cap(now);
  }

  private cap(now: Instant): void {
    const { connectorMax_A, connectors, max_A } = this.station;
    if (connectorMax_A === undefined || connectorMax_A >= max_A) return;
    for (let connector = 1; connector <= connectors; connector += 1) {
      if (this.capped.has(connector)) continue;
      const { nominal_V } = this.context;
      const request = this.dialect.connectorCap(this.station, connector, connectorMax_A, nominal_V);
      this.host.ask(request, { kind: 'connector-cap', connector }, 'safety', now);
    }
  }

  private capReply(connector: number, accepted: boolean, now: Instant): void {
    if (accepted) this.capped.add(connector);
    else {
      const text = `connector ${connector} did not take its limit ${this.ceiling_A} A`;
      const hint = 'the station is raised to the rating of one connector only';
      this.context.event(this.station.id, 'connector-limit-failed', text, now, hint);
    }
  }

  /** Starts from the beginning. */
  begin(now: Instant): void {
    this.due_at = undefined;
    this.step = 'settings';
    this.askStep(now);
  }

  /** The grace after connecting is over, a retry is due, or the hourly re-check. */
  tick(now: Instant): void {
    if (this.due_at === undefined || !passed(this.due_at, now)) return;
    if (!this.verified) {
      this.begin(now);
      return;
    }
    this.due_at = later(now, RECHECK_MS);
    this.cap(now);
    this.host.ask(this.composite(), { kind: 'floor-recheck' }, 'normal', now);
  }

  /** The answer to one of its calls; `payload` is absent for an error or no answer. */
  reply(
    purpose: FloorPurpose,
    payload: JsonObject | undefined,
    accepted: boolean,
    now: Instant,
  ): void {
    if (purpose.kind === 'floor-recheck') this.rechecked(payload, now);
    else if (purpose.kind === 'connector-cap') this.capReply(purpose.connector, accepted, now);
    else if (purpose.kind === 'floor-step') this.stepReply(purpose.step, payload, accepted, now);
  }

  private stepReply(
    step: FloorStep,
    payload: JsonObject | undefined,
    accepted: boolean,
    now: Instant,
  ): void {
    if (step === 'settings' && payload !== undefined) this.adopt(payload);
    // With a single level the clear is a write of the floor, which the station may refuse.
    const single = this.station.abilities.maxStackLevel < 1;
    if (step === 'clear' && (single ? accepted : payload !== undefined)) this.host.cleared();
    const reads = step === 'probe' || step === 'confirm';
    const schedule = reads && payload !== undefined ? this.read(payload) : undefined;
    const reply: FloorReply =
      schedule !== undefined
        ? { kind: 'schedule', schedule }
        : { kind: accepted ? 'accepted' : 'refused' };
    this.step = nextFloorStep(step, reply, this.station);
    if (this.step === 'done') this.proved(now);
    else if (this.step === 'failed') this.failed(now);
    else this.askStep(now);
  }

  private read(payload: JsonObject): ReturnType<Dialect['readComposite']> {
    return this.dialect.readComposite(this.station, payload, this.context.nominal_V);
  }

  /** Profiles in a unit or on a level that the station does not take would all be rejected. */
  private adopt(payload: JsonObject): void {
    this.reported = this.dialect.settingsOf(payload);
    const { units, maxStackLevel } = this.reported;
    const { abilities } = this.station;
    const [first] = units ?? [];
    const unit = first === undefined || units?.includes(abilities.unit) ? abilities.unit : first;
    const level = Math.min(abilities.maxStackLevel, maxStackLevel ?? abilities.maxStackLevel);
    this.station = { ...this.station, abilities: { ...abilities, unit, maxStackLevel: level } };
  }

  private proved(now: Instant): void {
    this.due_at = later(now, RECHECK_MS);
    const { id, floor_A } = this.station;
    this.context.event(id, 'floor-verified', `safe static limit ${floor_A} A in force`, now);
    this.host.changed();
    this.cap(now);
    const wanted = this.context.config.meterInterval_s ?? 5;
    if (wanted > 0 && this.reported.meterInterval_s !== wanted) {
      this.host.ask(this.dialect.writeMeterInterval(wanted), { kind: 'other' }, 'normal', now);
    }
    this.host.proved(now);
  }

  private failed(now: Instant): void {
    this.due_at = later(now, RETRY_MS);
    this.host.changed();
    const { id, floor_A } = this.station;
    this.context.event(
      id,
      'floor-failed',
      `station did not take the safe static limit ${floor_A} A`,
      now,
      'it counts at rated power; check smart charging in its set-up, or use its cut input',
    );
  }

  private rechecked(payload: JsonObject | undefined, now: Instant): void {
    if (payload === undefined || this.host.leasePossible(now)) return;
    const schedule = this.read(payload);
    if (schedule === undefined || showsFloor(this.station, schedule)) return;
    this.step = 'write';
    this.host.changed();
    this.askStep(now);
  }

  private askStep(now: Instant): void {
    this.host.ask(this.request(), { kind: 'floor-step', step: this.step }, 'safety', now);
  }

  private request(): Request {
    const { dialect, station } = this;
    switch (this.step) {
      case 'settings':
        return dialect.readSettings();
      case 'clear':
        return dialect.clearLease(station, this.context.nominal_V);
      case 'write':
        return dialect.floor(station, this.context.nominal_V);
      case 'probe':
      case 'confirm':
      case 'done':
      case 'failed':
        return this.composite();
    }
  }

  private composite(): Request {
    return this.dialect.composite(this.station, Math.ceil(this.station.ttl_ms / 1000) + 60);
  }
}
