/** What the operator allows a CPMS to do, from the signed site file. Everything else is denied. */
export interface OcppPolicy {
  /** Hosts that firmware may come from; empty = no firmware over OCPP. */
  readonly firmwareHosts: readonly string[];
  /** Hosts that logs and diagnostics may go to; empty = none. */
  readonly logHosts: readonly string[];
  /** DataTransfer vendor ids that pass, in both directions. */
  readonly dataTransferVendors: readonly string[];
  /** Certificates may be installed or deleted. Default false. */
  readonly certificates: boolean;
  /** The CPMS may rotate passwords (the relay then ends or follows it). Default false. */
  readonly passwordRotation: boolean;
  /** Resets of one station per hour. */
  readonly resetsPerHour: number;
  /** Charging profile changes of one station per minute. */
  readonly profilesPerMinute: number;
  /** 1.6 configuration keys (2.0.1: `Component.Variable`) beyond the built-in list. */
  readonly extraVariables: readonly string[];
}

/** The policy of a site file that says nothing. */
export const STRICT_POLICY: OcppPolicy = {
  firmwareHosts: [],
  logHosts: [],
  dataTransferVendors: [],
  certificates: false,
  passwordRotation: false,
  resetsPerHour: 4,
  profilesPerMinute: 20,
  extraVariables: [],
};

export const OCPP_DENY_REASONS = [
  'action-unknown',
  'action-direction',
  'not-booted',
  'signed-message',
  'malformed',
  'firmware-host',
  'log-host',
  'credentials',
  'variable',
  'variable-range',
  'certificates',
  'data-transfer',
  'local-list-empty',
  'network-profile',
  'rate',
  'profile-reserved',
  'profile-limit',
  'profile-unit',
  'profile-periods',
  'profile-start',
  'profile-purpose',
  'profile-level',
  'profile-duration',
  'own-floor',
  'own-lease',
] as const;
export type OcppDenyReason = (typeof OCPP_DENY_REASONS)[number];
