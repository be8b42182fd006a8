/**
 * sim/composition — the controller and a simulated site in one process, in real or virtual time.
 *
 * Decides nothing of its own: it wires what the other modules are. Must never be part of a gateway.
 */
export { SiteUnderTest, type SiteUnderTestOptions } from './siteUnderTest';
export { FAULTS, type Fault, faultNamed } from './faults';
export { FaultRun, type FaultResult } from './faultRun';
export { type DemoReport, demoReport, quantile } from './report';
export {
  buildVirtual,
  type FaultPlan,
  runVirtual,
  simDevicesOn,
  type VirtualOptions,
  type VirtualRun,
} from './virtual';
export { HeldTimers } from './heldTimers';
export { busySessions } from './busySessions';
