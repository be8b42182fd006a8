/**
 * sim/devices — simulated field devices, made from the same profile files that drive real ones.
 *
 * Decides: what a meter, a battery system and a PV inverter show in their registers and what they
 * really do: lags, ramps, leases on their own clock, sentinels, battery limits, faults.
 * Must never: look into the controller, or be part of a shipped process.
 * Terms: *truth* = what is physically there; *shown* = what the registers say.
 */
export { type SimDeviceOptions, type SimFault } from './registerFace';
export {
  createSimMeter,
  type MeterTruth,
  type SimDevice,
  type SimMeter,
  type SimMeterOptions,
} from './simMeter';
export { createSimBess, type SimBess, type SimBessOptions } from './simBess';
export { createSimPv, type SimPv, type SimPvOptions } from './simPv';
