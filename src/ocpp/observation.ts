import type { ConnectorStatus, StationImage } from '../model';
import { later } from '../time';
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

interface Connector {
  status: ConnectorStatus;
  transaction?: string;
  power_W?: number;
  current_A?: readonly [number, number, number];
  energy_Wh?: number;
  metered_at?: Instant;
  needs?: Needs;
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
        this.clockErrors.push(seen.wall_ms - wall_ms);
        if (this.clockErrors.length > CLOCK_SAMPLES) this.clockErrors.shift();
        return;
      case 'status': {
        const connector = this.connector(seen.connector, limit);
        if (connector) connector.status = seen.status;
        if (seen.status === 'Available') delete connector?.needs;
        return;
      }
      case 'needs': {
        const connector = this.connector(seen.connector, limit);
        if (connector === undefined) return;
        connector.needs = {
          departs_at: later(now, Math.min(DEPARTS_MAX_ms, seen.departs_wall_ms - wall_ms)),
          energy_Wh: seen.energy_Wh,
          from_Wh: connector.energy_Wh,
        };
        return;
      }
      case 'occupied': {
        const connector = this.connector(seen.connector, limit);
        if (connector?.transaction === undefined && connector) connector.status = 'Preparing';
        return;
      }
      case 'state':
        for (const connector of this.connectors.values()) {
          if (connector.transaction === seen.transaction) connector.status = seen.status;
        }
        return;
      case 'transaction-meter':
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
    connector.metered_at = later(now, -age_ms);
    if (sample.power_W !== undefined) connector.power_W = sample.power_W;
    if (sample.current_A !== undefined) connector.current_A = sample.current_A;
    if (sample.energy_Wh !== undefined) connector.energy_Wh = sample.energy_Wh;
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
    const since_Wh = Math.max(0, (first.energy_Wh ?? 0) - (from_Wh ?? first.energy_Wh ?? 0));
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

function add(sum: Sum, connector: Connector): void {
  if (connector.metered_at === undefined) return;
  // The oldest part dates the sum: a value must never look fresher than it is.
  sum.metered_at =
    sum.metered_at !== undefined && sum.metered_at < connector.metered_at
      ? sum.metered_at
      : connector.metered_at;
  if (connector.power_W !== undefined) sum.power_W = (sum.power_W ?? 0) + connector.power_W;
  if (connector.energy_Wh !== undefined) sum.energy_Wh = (sum.energy_Wh ?? 0) + connector.energy_Wh;
  if (connector.current_A !== undefined) {
    const before = sum.current_A ?? [0, 0, 0];
    const [a, b, c] = connector.current_A;
    sum.current_A = [before[0] + a, before[1] + b, before[2] + c];
  }
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
