/**
 * site — the signed site file: what the installation is, and the proof that it cannot overload.
 *
 * Decides: whether a site file is well formed, and whether its static plan, bus budget, reaction
 * times, lease order and flash budget hold. Must never: arm a file that does not fit (INV-2), fill
 * in a missing rating with a guess, or look at measurements.
 * Terms: *node* (connection point or circuit), *safe static limit* (what holds without us),
 * *expiry range* (where a device may fall when its lease ends), *finding* (one result of a check).
 */
export * from './types';
export * from './curve';
export * from './findings';
export { decodeSite, type DecodedSite } from './decode';
export { siteJsonSchema } from './siteFile';
export { checkSite, type CheckReport } from './check';
export { terminalDraw_A, staticPlan, type PlanRow } from './staticPlan';
export { busBudget, type BusBudget } from './busBudget';
export { declaredReaction, type ReactionTime } from './reaction';
export { TRIP_NOTICED } from './residualRisk';
export { raisable, stationTtl_ms, supportAllowed } from './leaseOrder';
export { circuitPath } from './tree';
export type { DeviceFacts, DeviceCatalogue } from './catalogue';
