/**
 * device — what field devices are: natures, register profiles as data, and the pure translation
 * between registers and values.
 *
 * Decides: which registers to read, what they mean, which frames carry a setpoint with its lease,
 * how these are proved by reading back, and which frames a guard may pass.
 * Must never: talk to a device, keep state, turn a sentinel into a number, encode a setpoint that
 * does not expire on the device.
 * Terms: *profile* = the facts about one device model; *point* = one value in registers;
 * *nature* = Meter, Bess, PvInverter; *expiry range* = what the device may do when its lease ends.
 */
export type * from './profile';
export type * from './compiled';
import type { BessReading, Measurement, MeterReading, PvReading } from '../model';
import type { Instant } from '../time';
import type * as C from './compiled';
import type { Rating, RegisterProfile, Quantity } from './profile';

export declare const PROFILES: readonly RegisterProfile[];
export declare function profileById(id: string): RegisterProfile | undefined;
export declare function parseProfile(
  data: RegisterProfile,
  instance?: { readonly rating?: Rating; readonly models?: readonly C.PlacedModel[] },
): C.ParsedProfile;
export declare function readPlan(profile: C.DeviceProfile): readonly C.PlannedRead[];
export declare function decodeMeter(
  profile: C.DeviceProfile,
  image: C.RegisterImage,
  at: Instant,
): Measurement<MeterReading>;
export declare function decodeBess(
  profile: C.DeviceProfile,
  image: C.RegisterImage,
  at: Instant,
): Measurement<BessReading>;
export declare function decodePv(
  profile: C.DeviceProfile,
  image: C.RegisterImage,
  at: Instant,
): Measurement<PvReading>;
export declare function readPoint(
  profile: C.DeviceProfile,
  name: string,
  image: C.RegisterImage,
): C.PointValue;
export declare function encodeSetpoint(
  profile: C.DeviceProfile,
  wish: C.SetpointWish,
  image?: C.RegisterImage,
): C.EncodedSetpoint;
export declare function clearSetpoint(
  profile: C.DeviceProfile,
  quantity: Quantity,
): C.EncodedSetpoint;
export declare function checkIdentity(
  profile: C.DeviceProfile,
  image: C.RegisterImage,
): C.IdentityVerdict;
export declare function writableRanges(profile: C.DeviceProfile): readonly C.WritableRange[];
export declare function lease(profile: C.DeviceProfile): C.DeviceLeaseTerms;
