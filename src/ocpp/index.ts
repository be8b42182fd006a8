/**
 * ocpp — sessions with charging stations: frames, the local controller's answers, charging
 * profiles as leases. Sans-IO: the same code runs over WebSockets and in memory.
 *
 * Decides: what is said to a station and when; whether its floor profile is verified; what its
 * image is. Must never: raise a limit without a LeaseBatch of this very moment (no timer renews),
 * raise a station whose floor is not verified or that does not expire by itself, throw on input.
 * Terms: floor profile = safe static limit as a ChargePointMaxProfile that never ends; lease
 * profile = the same purpose one level above, with a duration; link = one open socket.
 */
export type { CallFrame, ErrorFrame, Frame, JsonObject, ResultFrame } from './frame';
export type {
  AuthorisationStatus,
  FleetConfig,
  FleetEvent,
  FleetEventCode,
  OcppProtocol,
  OutgoingGuard,
  StationAbilities,
  StationConfig,
  StationLink,
} from './config';
export type {
  BatchOutcome,
  ConnectOutcome,
  FleetStats,
  StationAbilityRow,
  StationFleet,
  StationPort,
} from './fleetTypes';
export { createStationFleet } from './fleet';
export type { TagMemory } from './tagMemory';
export { AbilityBook, stricter } from './abilityBook';
export type { FoundAbilities, StationModel } from './abilityBook';
export type { SelfTestReport } from './selfTest';
export type { SelfTestOptions } from './selfTestScript';
export { ConditionBoard, STATION_CONDITION_CODES } from './conditionBoard';
export type { BoardEvent, StationCondition, StationConditionCode } from './conditionBoard';
export { STATION_RATE, TokenBucket } from './messageRate';
export { PasswordBook } from './passwordBook';
export type { PasswordPorts } from './passwordBook';
export { EventDigest } from './eventDigest';
export type { DigestedEvent, EventZone } from './eventDigest';
export { encodeFrame, MAX_TEXT_16, MAX_TEXT_201, parseFrame } from './codec';
export type { Parsed, RefusalReason } from './codec';
export { CONNECTOR_PROFILE, FLOOR_PROFILE, LEASE_PROFILE, RESERVED_PROFILES } from './profile';
export type { LeaseRefusal } from './leaseHold';
export type {
  ControllerIdentity,
  Denial,
  ForeignGuard,
  GuardVerdict,
  RecordStore,
  RelayConfig,
  RelayStats,
  RotationPort,
  SchemaCheck,
  StationStanding,
  UpstreamConnector,
  UpstreamEvents,
  UpstreamLink,
} from './relayTypes';
