/**
 * runtime — the cycle: latch, decide, act, prove, tell; and the ports it needs.
 *
 * Decides: when things happen and in which order, and nothing else: values come from `allocation`,
 * freedom from `mode`, renewals from `lease`. Must never: act on the arrival of a command, wait
 * for a
 * peer, or hold a value that a device could keep after us.
 */
export * from './ports';
export * from './snapshot';
export { CYCLE_ms, type Injected, type RuntimeSetup, SiteRuntime } from './siteRuntime';
export { type PersonWish } from './persons';
export { judgeGrid, type LatchSources } from './latch';
export { siteFacts, type SiteFacts, type StationFacts } from './siteFacts';
export {
  watchGrid,
  type GridFacts,
  type GridHealth,
  type GridWatch,
  GRID_STALE_ms,
} from './gridWatch';
export { type EnergyFacts, type EnergyState, nextEnergy, NO_ENERGY } from './energyWatch';
export { type IsolationState, nextIsolation, NO_ISOLATION, smallestLine } from './isolation';
export { nextOverdraw, isolatedStations, type OverdrawState } from './overdraw';
export { StationTracker, IMAGE_STALE_ms } from './stationTracker';
export { decide, type Decision, type DecisionInput } from './decision';
export { composeLimit, liveRequests } from './limitSources';
export {
  REQUEST_LIFE_ms,
  REQUESTS_MAX,
  type RequestVerdict,
  storeRequest,
  withdrawRequest,
} from './limitRequests';
export { type Contact, nextSiteLimits, NO_SITE_LIMITS, type SiteLimitState } from './siteLimits';
export { PolledDevice } from './polledDevice';
export { Actuator } from './actuator';
export { FieldDevices } from './fieldDevices';
export { ExpiryCheck, expiryValues } from './expiryCheck';
export { conditionsOf } from './conditions';
export { explainPlan, explainStation } from './explain';
export { auditOfStationEvent } from './stationEvents';
export { stationsLeast_W } from './stationSum';
export {
  assembleBuses,
  type BusAssembly,
  busKey,
  type BusPlan,
  busPlans,
  guardedDevices,
  longestRetry_ms,
  stationConfig,
  toolLines,
} from './assemble';
export {
  BusLoan,
  type LineSetting,
  LOAN_LIMITS,
  type LoanParts,
  type LoanPhase,
  type ToolLine,
} from './busLoan';
export { deviceCatalogue, siteProfiles, type SiteProfiles } from './profiles';
export {
  decodeCycleRecord,
  decodeHello,
  decodeLeaseBatch,
  decodeModeAndLinks,
  decodeStationImages,
  decodeStationMeters,
  decodeSupervisorStatus,
  type Hello,
  type ModeAndLinks,
  type StationImages,
  type StationMetersMessage,
} from './ipcMessages';
export { alarmPayload, historyValues, statePayload } from './uplinkPayload';
export { type Drill, DRILL_KINDS, type DrillKind } from './drill';
export {
  decodeBook,
  type DrillBook,
  type DrillDuty,
  duties,
  notSelfExpiring,
  UNREADABLE,
  withResult,
} from './drillBook';
export { adviceFrom, decodePlan, type PlanMessage, type PlanView } from './planMessages';
export { type PlanOutcome, planSite, type PlanSources, type SitePlan } from './planSite';
export { importBound_kW, type SeriesReader, type SitePast, sitePast, STEP_ms } from './sitePast';
export { type PlanReview, reviewYesterday } from './planReview';
