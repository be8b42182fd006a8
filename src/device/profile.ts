/** The form of a device profile file: facts about one device model, and nothing else. */

export type Nature = 'Meter' | 'Bess' | 'PvInverter';
export type RegisterTable = 'holding' | 'input';

/** Number types of registers. `wordOrder` says how 32- and 64-bit values lie in words. */
export type RegisterType =
  'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'float32' | 'string';
/** `hi-lo`: high word first (the Modbus convention); `lo-hi`: low word first. */
export type WordOrder = 'hi-lo' | 'lo-hi';

/** Setpoints a controller may give; the words of model.Setpoint. */
export type Quantity = 'bess-power' | 'pv-limit';

/** How sure the facts are. Nothing may say `tested-on-device` without a record of the test. */
export type ProfileStatus = 'tested-on-device' | 'from-manual' | 'from-open-source-driver';

/**
 * Ratings of one installed device, W and Wh, all > 0. The profile holds the model's default; the
 * site file replaces it.
 */
export interface Rating {
  readonly power_W: number;
  readonly charge_W?: number;
  readonly discharge_W?: number;
  readonly energy_Wh?: number;
}

/** What a point may be written with; absent = read-only. In the point's own unit after scaling. */
export interface WritableData {
  readonly min: number | 'minus-charge' | 'lease-min';
  readonly max: number | 'discharge' | 'charge' | 'power' | 'lease-max';
  readonly step: number;
  /** Values inside the range that must never be written, such as 0 for a timeout. */
  readonly forbidden?: readonly number[];
  /** The maker stores it in flash or EEPROM: never a setpoint that changes each cycle. */
  readonly wears?: boolean;
}

/** Where a point's registers are and how they become a number in `unit`. */
export interface PointMeaning {
  readonly unit: string;
  /** -1 where the device's sign is against ours (power into the site busbar is positive). */
  readonly sign?: 1 | -1;
  readonly write?: WritableData;
  /** Only valid while another point has this value; else `otherwise`, or missing. */
  readonly validIf?: {
    readonly point: string;
    readonly equals: number;
    readonly otherwise?: number;
  };
  /**
   * The registers hold a magnitude only, whatever sign they show: the value is negative while one
   * of these bits is set in another point.
   */
  readonly negativeIf?: { readonly point: string; readonly mask: number };
  /** Words for raw values of a state point. */
  readonly states?: Readonly<Record<number, string>>;
  /**
   * Exponent of ten which the scale factor register must hold on this device; needed where the
   * point is written, since the guard's ranges are made from it. Checked with the identity.
   */
  readonly declaredExponent?: number;
}

export interface MapPoint extends PointMeaning {
  readonly table: RegisterTable;
  /** Protocol address, 0-based. */
  readonly address: number;
  readonly type: RegisterType;
  readonly wordOrder?: WordOrder;
  /** Registers of a string. */
  readonly length?: number;
  /** Value = raw * scale + offset, before `sign`. Default 1 and 0. */
  readonly scale?: number;
  readonly offset?: number;
  /** Address of an int16 exponent of ten in the same table. */
  readonly scaleFactor?: number;
  /** Raw values that mean "no value here". */
  readonly missing?: readonly (number | bigint)[];
}

export interface SunspecPoint extends PointMeaning {
  /** Model, point name, and the index of a repeating group (0-based) where there is one. */
  readonly sunspec: readonly [model: number, point: string, index?: number];
}

export type PointData = MapPoint | SunspecPoint;

/** A value computed from points: missing when one of its parts is missing. */
export type DerivedData =
  | { readonly sum: readonly string[]; readonly unit: string }
  | { readonly product: readonly string[]; readonly unit: string }
  | { readonly difference: readonly [string, string]; readonly unit: string }
  /** The first of these that has a value. */
  | { readonly first: readonly string[]; readonly unit: string }
  | { readonly smallest: readonly string[]; readonly unit: string }
  | { readonly rating: keyof Rating; readonly unit: string };

/**
 * Registers read in one transaction. `cycle`: in each cycle (a grid meter twice a second); `slow`:
 * every 10 s or so; `once`: at each (re)connection, for identity and scale factors.
 */
export type BlockData = { readonly every: Cadence } & (
  | { readonly table: RegisterTable; readonly address: number; readonly count: number }
  | { readonly sunspec: readonly [model: number, from: number, count: number] }
);
export type Cadence = 'cycle' | 'slow' | 'once';

/** What the device must show before it is written to. */
export type FingerprintData =
  | { readonly point: string; readonly matches: string }
  | { readonly point: string; readonly min: number; readonly max: number }
  /** Agrees with the installed rating within this share: percent setpoints depend on it. */
  | { readonly point: string; readonly rating: keyof Rating; readonly tolerance: number };

/**
 * A value in a write step. `value`: the setpoint in W with the profile's sign; `percent`: it as % of
 * the power rating; `charge`, `discharge`: its magnitude in that direction, W, else 0;
 * `charge-percent`, `discharge-percent`: the same as % of that rating; `third`: a third of it, for
 * each phase; `ttl`: the lease in s; `tag`: a number that differs from the last one sent.
 */
export type ValueExpression =
  | number
  | 'value'
  | 'percent'
  | 'minus-percent'
  | 'charge'
  | 'discharge'
  | 'charge-percent'
  | 'discharge-percent'
  | 'third'
  | 'ttl'
  | 'tag'
  | { readonly charge: number; readonly discharge: number; readonly idle: number };

/** One frame: contiguous points in address order. */
export interface StepData {
  readonly fc: 6 | 16;
  readonly set: readonly (readonly [point: string, value: ValueExpression])[];
}

export interface SetpointData {
  /** Frames in this order; the last one makes the setpoint effective and starts the lease. */
  readonly writes: readonly StepData[];
  /** Frames that take the setpoint back. */
  readonly clear: readonly StepData[];
  /**
   * Points read after a write, and what they must hold. A point that no frame writes may be listed:
   * it mirrors what the device took.
   */
  readonly readBack: {
    readonly equals: readonly (readonly [point: string, value: ValueExpression])[];
    /** Remaining lease time in s: must be > 0 and not above the lease. */
    readonly remaining?: string;
  };
}

/** A bound of the expiry range: W, or a share of the power rating (negative = charge). */
export type Bound = { readonly W: number } | { readonly share: number };

export type LeaseMechanism =
  'timeout-register' | 'same-frame' | 'watchdog-register' | 'heartbeat' | 'resend';

/** How a setpoint ends by itself on the device. */
export type LeaseData =
  | { readonly mechanism: 'none'; readonly why: string }
  | {
      readonly mechanism: LeaseMechanism;
      /** Point that holds the timeout; none for `resend` with a fixed time. */
      readonly timeout?: string;
      /** Timeouts the device accepts, s, both > 0. */
      readonly range_s: readonly [min: number, max: number];
      /** A write to one of these points restarts the timer. */
      readonly restartsOn: readonly string[];
      /** A read restarts it too: then a stuck controller that polls keeps the setpoint alive. */
      readonly fedByReads: boolean;
      /** Active power the device may have after expiry. */
      readonly expiry: { readonly min: Bound; readonly max: Bound };
      /** At expiry the first point's value is copied into the second. Empty: `disables` acts. */
      readonly reverts?: readonly (readonly [from: string, to: string])[];
      /** At expiry these points become 0. */
      readonly disables?: readonly string[];
      readonly remaining?: string;
      /** What shows that it is so: manual page, driver file, or a test record. */
      readonly source: string;
    };

/** Registers that nobody writes, such as factory reset or grid code. */
export type ForbiddenData = { readonly reason: string } & (
  | { readonly address: number; readonly count: number }
  | { readonly sunspec: readonly [model: number, from: number, count: number] }
);

export interface Transport {
  readonly unit: number;
  readonly baud?: number;
  readonly parity?: 'none' | 'even' | 'odd';
  /** TCP port where the device speaks Modbus TCP. */
  readonly port?: number;
  /** Most registers in one read; 125 unless the maker says less. */
  readonly maxRegisters?: number;
  /** Silence the device needs between two requests beyond t3.5, ms. */
  readonly gap_ms?: number;
}

/** One device model. */
export interface RegisterProfile {
  readonly id: string;
  readonly maker: string;
  readonly model: string;
  readonly nature: Nature;
  readonly status: ProfileStatus;
  readonly source: { readonly document: string; readonly page: string };
  readonly transport: Transport;
  readonly rating: Rating;
  /** SunSpec devices: where the map starts and the models in order, with accepted lengths. */
  readonly sunspec?: {
    readonly base: number;
    readonly chain: readonly (readonly [model: number, ...lengths: readonly number[]])[];
  };
  /**
   * What the nature asks for and this device does not measure: it stays missing, so its reading is
   * never good. Such a device informs people, it does not control a site.
   */
  readonly lacks?: { readonly points: readonly string[]; readonly why: string };
  /** Points by name. Names that the natures know are listed in `reading.ts`. */
  readonly points: Readonly<Record<string, PointData>>;
  readonly derived?: Readonly<Record<string, DerivedData>>;
  readonly blocks: readonly BlockData[];
  /** Registers that answer with an exception: no read may touch them. */
  readonly holes?: readonly {
    readonly table: RegisterTable;
    readonly address: number;
    readonly count: number;
  }[];
  readonly identity: readonly FingerprintData[];
  readonly setpoints?: Readonly<Partial<Record<Quantity, SetpointData>>>;
  readonly lease: LeaseData;
  readonly forbidden: readonly ForbiddenData[];
  /** From the end of the write to measured power at the setpoint, s. */
  readonly reaction_s: readonly [min: number, max: number];
}
