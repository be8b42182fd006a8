import type { ConnectorStatus, StationImage } from '../model';
import { between, later } from '../time';
import type { Instant } from '../time';
import { amps, watts } from '../units';
import type { Amps, ThreePhase } from '../units';

/** What one message of a station tells, in words common to OCPP 1.6 and 2.0.1. */
export type Observation =
  | { readonly kind: 'boot' }
  | { readonly kind: 'clock'; readonly wall_ms: number }
  | { readonly kind: 'status'; readonly connector: number; readonly status: ConnectorStatus }
  | { readonly kind: 'meter'; readonly connector: number; readonly sample: MeterSample }
  /** 2.0.1: a cable is in; the charging state is told by the transaction. */
  | { readonly kind: 'occupied'; readonly connector: number }
  | { readonly kind: 'state'; readonly transaction: string; readonly status: ConnectorStatus }
  | {
      readonly kind: 'transaction-meter';
      readonly transaction: string;
      readonly sample: MeterSample;
    }
  /** What the vehicle told: when it leaves, and what it wants until then. */
  | {
      readonly kind: 'needs';
      readonly connector: number;
      readonly departs_wall_ms: number;
      readonly energy_Wh: number;
    }
  | { readonly kind: 'started'; readonly connector: number; readonly transaction: string }
  | { readonly kind: 'stopped'; readonly transaction: string };

/** The last set of sampled values of one message. */
export interface MeterSample {
  readonly wall_ms?: number;
  readonly power_W?: number;
  readonly current_A?: readonly [number, number, number];
  readonly energy_Wh?: number;
}

/** Older values are history (a station that was offline), not the present draw. */
const PRESENT_MS = 60_000;
/** Nobody plans a departure further ahead. */
const DEPARTS_MAX_ms = 7 * 86_400_000;
/** Time stamps kept for the clock estimate: the newest of a few is the least delayed. */
const CLOCK_SAMPLES = 4;

/** Power and current that were measured further apart than this are not one reading. */
const ONE_READING_MS = 10_000;

interface Connector {
  status: ConnectorStatus;
  /** The status was told, and is not only supposed. */
  told?: true;
  transaction?: string;
  power?: Dated<number>;
  current?: Dated<readonly [number, number, number]>;
  energy?: Dated<number>;
  needs?: Needs;
}

/** Each value carries its own date: one that is not repeated grows old beside those that are. */
interface Dated<T> {
  readonly value: T;
  readonly at: Instant;
}

interface Needs {
  readonly departs_at: Instant;
  readonly energy_Wh: number;
  /** Energy register when it was told. */
  readonly from_Wh: number | undefined;
}

const RANK: Readonly<Record<ConnectorStatus, number>> = {
  Charging: 9,
  SuspendedEVSE: 8,
  SuspendedEV: 7,
  Preparing: 6,
  Finishing: 5,
  Faulted: 4,
  Reserved: 3,
  Available: 2,
  Unavailable: 1,
};

/** With one of these a transaction may run. */
const OCCUPIED: ReadonlySet<ConnectorStatus> = new Set([
  'Preparing',
  'Charging',
  'SuspendedEV',
  'SuspendedEVSE',
  'Finishing',
]);

/** A clock further off is no clock; beyond it times of a lease could not be written, ms. */
const CLOCK_MAX_MS = 1e13;

/** Connector 0 is the station as a whole (OCPP 1.6, 2.2). */
const WHOLE = 0;

/** The picture of one station as drawn from its own messages. */
export class StationObservation {
  private readonly connectors = new Map<number, Connector>();
  private readonly clockErrors: number[] = [];

  /**
   * Estimate of (station clock - our clock) in ms. A time stamp is always older than its arrival,
   * so the greatest of the last few differences is the closest estimate from below.
   */
  clockError_ms(): number | undefined {
    return this.clockErrors.length === 0 ? undefined : Math.max(...this.clockErrors);
  }

  forgetClock(): void {
    this.clockErrors.length = 0;
  }

  /** Takes one observation; connectors above `limit` are ignored (a station cannot grow them). */
  take(seen: Observation, now: Instant, wall_ms: number, limit: number): void {
    switch (seen.kind) {
      case 'boot':
        this.forgetClock();
        return;
      case 'clock':
        this.clockErrors.push(
          Math.max(-CLOCK_MAX_MS, Math.min(CLOCK_MAX_MS, seen.wall_ms - wall_ms)),
        );
        if (this.clockErrors.length > CLOCK_SAMPLES) this.clockErrors.shift();
        return;
      case 'status': {
        const connector = this.connector(seen.connector, limit);
        if (connector === undefined) return;
        connector.status = seen.status;
        connector.told = true;
        if (seen.status !== 'Available') return;
        delete connector.needs;
        endDraw(connector);
        return;
      }
      case 'needs': {
        const connector = this.connector(seen.connector, limit);
        if (connector === undefined) return;
        connector.needs = {
          departs_at: later(now, Math.min(DEPARTS_MAX_ms, seen.departs_wall_ms - wall_ms)),
          energy_Wh: seen.energy_Wh,
          from_Wh: connector.energy?.value,
        };
        return;
      }
      case 'occupied': {
        const connector = this.connector(seen.connector, limit);
        if (connector === undefined) return;
        connector.told = true;
        if (connector.transaction === undefined) connector.status = 'Preparing';
        return;
      }
      case 'state':
        this.place(seen.transaction, limit);
        for (const connector of this.connectors.values()) {
          if (connector.transaction !== seen.transaction) continue;
          connector.status = seen.status;
          connector.told = true;
        }
        return;
      case 'transaction-meter':
        this.place(seen.transaction, limit);
        for (const [index, connector] of this.connectors) {
          if (connector.transaction === seen.transaction) {
            this.takeMeter(index, seen.sample, now, wall_ms, limit);
          }
        }
        return;
      case 'started': {
        const connector = this.connector(seen.connector, limit);
        if (connector) connector.transaction = seen.transaction;
        return;
      }
      case 'stopped':
        for (const connector of this.connectors.values()) {
          if (connector.transaction !== seen.transaction) continue;
          delete connector.transaction;
          delete connector.needs;
          endDraw(connector);
        }
        return;
      case 'meter':
        this.takeMeter(seen.connector, seen.sample, now, wall_ms, limit);
        return;
    }
  }

  /** The connector that a transaction runs on. */
  connectorOf(transaction: string): number | undefined {
    for (const [index, connector] of this.connectors) {
      if (connector.transaction === transaction) return index;
    }
    return undefined;
  }

  /** Connectors whose status was never told: what runs there began before this process. */
  unheard(connectors: number): readonly number[] {
    const all = Array.from({ length: connectors }, (_, i) => i + 1);
    return all.filter((index) => this.connectors.get(index)?.told !== true);
  }

  /**
   * 2.0.1 tells the EVSE of a transaction once, at its begin. One that began before this process
   * runs on the one connector that it can run on, if there is just one.
   */
  private place(transaction: string, limit: number): void {
    if (this.connectorOf(transaction) !== undefined) return;
    const free: number[] = [];
    for (let index = 1; index <= limit; index += 1) {
      const connector = this.connectors.get(index);
      if (connector?.transaction !== undefined) continue;
      if (limit === 1 || connector?.told !== true || OCCUPIED.has(connector.status)) {
        free.push(index);
      }
    }
    const [only, ...more] = free;
    const connector =
      only === undefined || more.length > 0 ? undefined : this.connector(only, limit);
    if (connector !== undefined) connector.transaction = transaction;
  }

  private connector(index: number, limit: number): Connector | undefined {
    if (index > limit) return undefined;
    let connector = this.connectors.get(index);
    if (connector === undefined) {
      connector = { status: 'Available' };
      this.connectors.set(index, connector);
    }
    return connector;
  }

  private takeMeter(
    index: number,
    sample: MeterSample,
    now: Instant,
    wall_ms: number,
    limit: number,
  ): void {
    const connector = this.connector(index, limit);
    if (connector === undefined) return;
    const stamped = sample.wall_ms ?? wall_ms;
    const age_ms = Math.max(0, wall_ms + (this.clockError_ms() ?? 0) - stamped);
    if (age_ms > PRESENT_MS) return;
    const at = later(now, -age_ms);
    const { power_W, current_A, energy_Wh } = sample;
    if (power_W !== undefined && !newer(connector.power, at)) {
      connector.power = { value: power_W, at };
    }
    if (current_A !== undefined && !newer(connector.current, at)) {
      connector.current = { value: current_A, at };
    }
    if (energy_Wh !== undefined && !newer(connector.energy, at)) {
      connector.energy = { value: energy_Wh, at };
    }
    dropOlder(connector);
  }

  /** Greatest phase current of the newest complete reading; from power where no current is told. */
  measured(phases: number, nominal_V: number): Measured | undefined {
    const { current_A, power_W, energy_Wh, metered_at } = this.picture();
    if (metered_at === undefined) return undefined;
    const rest = { at: metered_at, ...(energy_Wh !== undefined && { energy_Wh }) };
    if (current_A !== undefined) return { current_A: Math.max(...current_A), ...rest };
    // Spread over all phases: a lower bound, so that a one-phase car raises no false alarm.
    return power_W === undefined
      ? undefined
      : { current_A: power_W / (phases * nominal_V), ...rest };
  }

  /** The observed part of the image. Powers and currents of the connectors are summed. */
  picture(): ObservedPart {
    let status: ConnectorStatus = 'Available';
    let rank = 0;
    let wantsEnergy = false;
    const sum: Sum = {};
    const whole = this.connectors.get(WHOLE);
    for (const [index, connector] of this.connectors) {
      if (RANK[connector.status] > rank && (index !== WHOLE || this.connectors.size === 1)) {
        rank = RANK[connector.status];
        status = connector.status;
      }
      wantsEnergy ||= wants(connector);
      if (index !== WHOLE) add(sum, connector);
    }
    if (sum.power_W === undefined && whole !== undefined) add(sum, whole);
    return { status, wantsEnergy, ...branded(sum), ...this.needs() };
  }

  /** Needs of the one vehicle that told some; of several nothing can be said for the station. */
  private needs(): Pick<ObservedPart, 'departs_at' | 'energyNeed_Wh'> {
    const [first, ...more] = [...this.connectors.values()].filter((c) => c.needs !== undefined);
    if (first?.needs === undefined || more.length > 0) return {};
    const { departs_at, energy_Wh, from_Wh } = first.needs;
    const energyNow_Wh = first.energy?.value ?? 0;
    const since_Wh = Math.max(0, energyNow_Wh - (from_Wh ?? energyNow_Wh));
    return { departs_at, energyNeed_Wh: Math.max(0, energy_Wh - since_Wh) };
  }
}

/** The whole station by its own meter. */
export interface Measured {
  readonly current_A: number;
  readonly energy_Wh?: number;
  readonly at: Instant;
}

type ObservedPart = Pick<
  StationImage,
  | 'status'
  | 'wantsEnergy'
  | 'power_W'
  | 'current_A'
  | 'energy_Wh'
  | 'metered_at'
  | 'departs_at'
  | 'energyNeed_Wh'
>;

interface Sum {
  power_W?: number;
  current_A?: [number, number, number];
  energy_Wh?: number;
  metered_at?: Instant;
}

function wants(connector: Connector): boolean {
  if (connector.status === 'Charging' || connector.status === 'SuspendedEVSE') return true;
  return connector.status === 'Preparing' && connector.transaction !== undefined;
}

/** Nothing is drawn there any more; the last values would look like a reading for ever. */
function endDraw(connector: Connector): void {
  delete connector.power;
  delete connector.current;
}

/** Values may overtake each other on their way. */
const newer = (known: Dated<unknown> | undefined, at: Instant): boolean =>
  known !== undefined && known.at > at;

/** Of power and current the one that is no longer told goes. */
function dropOlder(connector: Connector): void {
  const { power, current } = connector;
  if (power === undefined || current === undefined) return;
  const apart_ms = between(power.at, current.at);
  if (apart_ms > ONE_READING_MS) delete connector.power;
  else if (apart_ms < -ONE_READING_MS) delete connector.current;
}

function add(sum: Sum, connector: Connector): void {
  const { power, current, energy } = connector;
  if (power !== undefined) {
    sum.power_W = (sum.power_W ?? 0) + power.value;
    date(sum, power.at);
  }
  if (current !== undefined) {
    const before = sum.current_A ?? [0, 0, 0];
    const [a, b, c] = current.value;
    sum.current_A = [before[0] + a, before[1] + b, before[2] + c];
    date(sum, current.at);
  }
  if (energy !== undefined) sum.energy_Wh = (sum.energy_Wh ?? 0) + energy.value;
}

/** The oldest part dates the sum: a value must never look fresher than it is. */
function date(sum: Sum, at: Instant): void {
  if (sum.metered_at === undefined || at < sum.metered_at) sum.metered_at = at;
}

function branded(sum: Sum): Omit<ObservedPart, 'status' | 'wantsEnergy'> {
  const current = sum.current_A;
  const phases: ThreePhase<Amps> | undefined = current && [
    amps(current[0]),
    amps(current[1]),
    amps(current[2]),
  ];
  return {
    ...(sum.power_W !== undefined && { power_W: watts(sum.power_W) }),
    ...(phases !== undefined && { current_A: phases }),
    ...(sum.energy_Wh !== undefined && { energy_Wh: sum.energy_Wh }),
    ...(sum.metered_at !== undefined && { metered_at: sum.metered_at }),
  };
}
