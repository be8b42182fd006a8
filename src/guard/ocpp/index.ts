/**
 * guard/ocpp — which OCPP messages may pass, deny by default: per direction, version and state of
 * the station, with a semantic check of every charging profile, our own included.
 *
 * Decides: allow, or deny with a closed reason and the proper OCPP answer. Must never: change a
 * message (rewriting is the relay's), stay silent, or allow what no rule names.
 */
export { createOcppGuard } from './ocppGuard';
export type { OcppGuard } from './ocppGuard';
export { OCPP_DENY_REASONS, STRICT_POLICY } from './policy';
export type { OcppDenyReason, OcppPolicy } from './policy';
