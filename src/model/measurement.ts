import type { Instant } from '../time';
import type { Amps, Fraction, ThreePhase, Volts, VoltAmps, WattHours, Watts } from '../units';

/** Why a value is not there. `stale`: too old; `bad`: implausible or frozen; `missing`: never seen. */
export type AbsentQuality = 'missing' | 'stale' | 'bad';

/** A value with the instant at which it was true, or the reason why there is none. */
export type Measurement<T> =
  | { readonly quality: 'good'; readonly value: T; readonly at: Instant }
  | {
      readonly quality: AbsentQuality;
      readonly reason: string;
      /** When a good value was last seen, for people; never a licence to use it. */
      readonly lastGoodAt?: Instant;
    };

/** Pure. */
export const good = <T>(value: T, at: Instant): Measurement<T> => ({ quality: 'good', value, at });
/** Pure. */
export function absent<T>(
  quality: AbsentQuality,
  reason: string,
  lastGoodAt?: Instant,
): Measurement<T> {
  return lastGoodAt === undefined ? { quality, reason } : { quality, reason, lastGoodAt };
}

/**
 * A three-phase meter. Power by phase, positive = into the site busbar (import for a grid meter;
 * for a sub-meter of a load the profile's `sign` makes consumption positive).
 */
export interface MeterReading {
  readonly power: ThreePhase<Watts>;
  /** True RMS magnitudes, >= 0. */
  readonly current: ThreePhase<Amps>;
  readonly voltage: ThreePhase<Volts>;
  readonly total_W: Watts;
  /** Absent where the meter does not measure it. */
  readonly apparent_VA?: VoltAmps;
  readonly import_Wh?: WattHours;
  readonly export_Wh?: WattHours;
}

/** A battery storage system at its AC terminals. Positive = discharge. */
export interface BessReading {
  readonly power: Watts;
  readonly stateOfCharge: Fraction;
  /** What the battery management system allows now, both >= 0. It always wins. */
  readonly chargeMax: Watts;
  readonly dischargeMax: Watts;
  readonly state: 'on' | 'standby' | 'off' | 'fault' | 'backup';
  /** Setpoint in force on the device where it can be read back. */
  readonly setpoint?: Watts;
  /** Remaining lease time the device itself reports, where it can. */
  readonly leaseLeft_s?: number;
  /** Changes while the device's controller is alive. */
  readonly heartbeat?: number;
}

/** A PV inverter at its AC terminals; power >= 0 except for its own supply at night. */
export interface PvReading {
  readonly power: Watts;
  /** Curtailment in force, as a share of rated power, where it can be read back. */
  readonly limit?: Fraction;
  readonly leaseLeft_s?: number;
}
