/**
 * planning — the slow loop: how battery and sun are best used over the next 36 hours.
 *
 * Decides: a mode, a corridor of state of charge, a peak target and a shadow price, with an expiry.
 * Must never: hand out a setpoint, own a limit (the import bound is a given part of every program),
 * or be needed: without a plan the fast loop shaves peaks greedily.
 *
 * Terms. *Net load*: load less sun. *Worth of energy*: cost that one more stored kWh saves later.
 * *Corridor*: states of charge between which using and storing energy pays. *Program*: the linear
 * program as data; who solves it is behind the port `LpSolver`.
 */
export type * from './types';
export {
  bestPower_kW,
  type EnergyValue,
  energyValue,
  shadowPrice,
  type StepFacts,
  stepCost,
  type ValueProblem,
} from './energyValue';
export { forecastLoad, netScenarios, sunScenarios } from './forecast';
export {
  type BiasWatch,
  DETECT_days,
  detectableBias,
  type IntegrityCaps,
  integrityFindings,
  NO_BIAS_WATCH,
  nextBiasWatch,
  type Realised,
} from './integrity';
export type {
  LinearProgram,
  LpConstraint,
  LpSolution,
  LpSolver,
  LpVariable,
} from './linearProgram';
export { adviceOf, type AdviceFacts, followAdvice, type FollowFacts, PLAN_LIFE_ms } from './plan';
export { crossCheck, filledPrices, type PricePoint, type PriceSeries, priceSeries } from './prices';
export {
  readSchedule,
  storageProgram,
  type StorageProblem,
  type StorageSchedule,
} from './storageProgram';
export { Calendar, onSteps, type Sample, siteHistory } from './calendar';
export { type PriceFile, readPriceFile } from './priceFile';
