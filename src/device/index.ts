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
export type { ProfileInstance } from './compile';
export { decodeRaw, encodeRaw, encodeText, rawRange } from './numbers';
export { toRaw, type ExpressionContext } from './expression';
export { checkIdentity } from './identity';
export { parseProfile } from './lint';
export { lease, writableRanges } from './permission';
export { PROFILES, profileById } from './profiles';
export { decodeBess, decodeMeter, decodePv, readPlan } from './reading';
export { readPoint } from './readPoint';
export { clearSetpoint, encodeSetpoint } from './setpoint';
export { SUNSPEC_MODELS, sunspecModel } from './sunspec';
export type { ModelData, SunspecPointData, SunspecType } from './sunspec/modelData';
export {
  nextDiscovery,
  startDiscovery,
  type Discovery,
  type DiscoveryReply,
  type SunspecLayout,
} from './sunspec/discovery';
