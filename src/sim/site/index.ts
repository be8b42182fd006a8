/**
 * sim/site — the simulated site: the physics behind all devices and stations, and the judge.
 *
 * Decides: true power and current at every node each 100 ms, and whether INV-1 was broken. Must
 * never: look into the controller; the controller's own readings are no evidence here.
 */
export {
  createSimSite,
  simStationConfigs,
  type SimSite,
  type SimSiteOptions,
  STEP_ms,
} from './world';
export { type BaseLoad, steadyBaseLoad, walkingBaseLoad } from './baseLoad';
export { Judge, type JudgeReport, type Verdict } from './judge';
export { type NodeTruth, type SiteTruth } from './truth';
export { daylight } from './daylight';
