import type { ReadRequest, WriteRequest } from '../modbus';
import type {
  Cadence,
  DerivedData,
  LeaseMechanism,
  Nature,
  Quantity,
  Rating,
  RegisterProfile,
  RegisterTable,
  RegisterType,
  WordOrder,
  WritableData,
} from './profile';

/** Registers of one transaction, or of one value. */
export interface RegisterSpan {
  readonly table: RegisterTable;
  readonly address: number;
  readonly count: number;
}

/** A read of registers, as `modbus` takes it. */
export type RegisterRead = ReadRequest;
/** A write of registers; `single` = function 6. */
export type RegisterWrite = WriteRequest;

/** Registers as they came from the wire, each word 0..65535. */
export interface RegisterBlock {
  readonly table: RegisterTable;
  readonly address: number;
  readonly values: ArrayLike<number>;
}

/** The latest blocks of one device; where two overlap the first one counts. */
export type RegisterImage = readonly RegisterBlock[];

/** One transaction of the read plan. A read may be cut only between `values`, never inside one. */
export interface PlannedRead {
  readonly request: RegisterRead;
  readonly every: Cadence;
  readonly values: readonly RegisterSpan[];
}

/** A point with its absolute address. */
export interface Point {
  readonly name: string;
  readonly table: RegisterTable;
  readonly address: number;
  readonly words: number;
  readonly type: RegisterType;
  readonly wordOrder: WordOrder;
  /** Value = raw * scale * 10^exponent + offset, times sign. */
  readonly scale: number;
  readonly offset: number;
  readonly sign: 1 | -1;
  /** Address of the exponent register. */
  readonly scaleFactor?: number;
  readonly declaredExponent?: number;
  readonly missing: readonly (number | bigint)[];
  readonly unit: string;
  readonly states?: Readonly<Record<number, string>>;
  readonly validIf?: {
    readonly point: string;
    readonly equals: number;
    readonly otherwise?: number;
  };
  readonly negativeIf?: { readonly point: string; readonly mask: number };
  readonly write?: WritableData;
}

/** A profile with absolute addresses and the ratings of one installed device. Made by parseProfile. */
export interface DeviceProfile {
  readonly data: RegisterProfile;
  readonly id: string;
  readonly nature: Nature;
  readonly rating: Rating;
  readonly points: ReadonlyMap<string, Point>;
  readonly derived: ReadonlyMap<string, DerivedData>;
  readonly reads: readonly PlannedRead[];
  readonly forbidden: readonly ForbiddenSpan[];
  /** Start address (of the id register) of each SunSpec model, in chain order; empty otherwise. */
  readonly models: readonly PlacedModel[];
}

export interface ForbiddenSpan extends RegisterSpan {
  readonly reason: string;
}

/** A SunSpec model on a device: address of its id register, and L. */
export interface PlacedModel {
  readonly model: number;
  readonly address: number;
  readonly length: number;
}

/** Something wrong in a profile. `where` is a path in the file: "points.power_W.address". */
export interface Problem {
  readonly where: string;
  readonly why: string;
}

export type ParsedProfile =
  | { readonly ok: true; readonly profile: DeviceProfile }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** One value inside a write that the guard may pass. Raw = as on the wire, after scaling. */
export interface WritableValue {
  readonly point: string;
  readonly address: number;
  readonly words: number;
  readonly type: RegisterType;
  readonly wordOrder: WordOrder;
  readonly min_raw: number;
  readonly max_raw: number;
  readonly step_raw: number;
  readonly forbidden_raw: readonly number[];
  /** The only values allowed, where the set is finite. */
  readonly allowed_raw?: readonly number[];
}

/** One frame the guard may pass: exactly this function, address and count, each value in range. */
export interface WritableRange {
  readonly quantity: Quantity;
  readonly purpose: 'set' | 'clear';
  readonly table: 'holding';
  readonly fc: 6 | 16;
  readonly address: number;
  readonly count: number;
  readonly values: readonly WritableValue[];
}

/** The lease of a device in numbers, for `check` and for the lease rules. */
export type DeviceLeaseTerms =
  | { readonly mechanism: 'none'; readonly why: string }
  | {
      readonly mechanism: LeaseMechanism;
      readonly range_s: { readonly min: number; readonly max: number };
      /** Active power that is possible after expiry, W, our sign. */
      readonly expiry: { readonly min_W: number; readonly max_W: number };
      readonly fedByReads: boolean;
      readonly timeoutPoint?: string;
      readonly remainingPoint?: string;
      readonly source: string;
    };

/** A wish to set a power. `ttl_ms` is the lease wanted; whole seconds on every known device. */
export interface SetpointWish {
  readonly quantity: Quantity;
  readonly value_W: number;
  readonly ttl_ms: number;
  /**
   * 0..4294967295, another one at each renewal: some devices renew a lease only when a register
   * changes. Default 0.
   */
  readonly tag?: number;
}

/** Why a setpoint is not encoded. Closed and stable. */
export type EncodeRefusal =
  | 'no-lease'
  | 'no-such-setpoint'
  | 'lease-zero'
  | 'lease-out-of-range'
  | 'value-out-of-range'
  | 'scale-factor-changed';

export type ReadBackVerdict =
  | { readonly ok: true; readonly leaseLeft_s?: number }
  | { readonly ok: false; readonly why: string };

/** A read, and what its registers prove. */
export interface ReadBack {
  readonly read: RegisterRead;
  /** `registers`: the words of `read`, length = count. */
  readonly expect: (registers: ArrayLike<number>) => ReadBackVerdict;
}

/** Frames in order, and how to prove that they took. */
export type EncodedSetpoint =
  | {
      readonly ok: true;
      readonly writes: readonly RegisterWrite[];
      /** Each must be proved; more than one where the registers do not lie together. */
      readonly readBack: readonly ReadBack[];
      /** What the device will really do after rounding to its step, W. */
      readonly value_W: number;
      /** The lease as the device counts it, s. */
      readonly ttl_s: number;
    }
  | { readonly ok: false; readonly reason: EncodeRefusal; readonly why: string };

export type IdentityVerdict =
  | { readonly ok: true; readonly identity: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly why: readonly string[] };

/** A number from registers, or why there is none. */
export type PointValue =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly quality: 'missing' | 'bad'; readonly reason: string };
