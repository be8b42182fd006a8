import type {
  CallFrame,
  Denial,
  ForeignGuard,
  GuardVerdict,
  JsonObject,
  OcppProtocol,
  OutgoingGuard,
  StationConfig,
  StationStanding,
} from '../../ocpp';
import type { Instant } from '../../time';
import {
  ASKED_WHILE_PENDING,
  CPMS_ACTIONS,
  FORBIDDEN_VARIABLES,
  REJECTABLE,
  STATION_ACTIONS,
  VARIABLES,
} from './actions';
import { number, object, objects, text } from './fields';
import type { OcppDenyReason, OcppPolicy } from './policy';
import { foreignProfileFault, isProfileId, ownProfileFault } from './profileRules';
import { RateTable } from './rates';

/** Own calls that carry no profile. */
const OWN_ACTIONS: ReadonlySet<string> = new Set([
  'ChangeConfiguration',
  'ClearChargingProfile',
  'GetCompositeSchedule',
  'GetConfiguration',
  'GetVariables',
  'RemoteStopTransaction',
  'RequestStopTransaction',
  'Reset',
  'SetVariables',
  'TriggerMessage',
]);

/** The OCPP part of the guard: three doors, one per source of a message. */
export interface OcppGuard {
  /** Calls of the controller itself towards a station. */
  readonly own: OutgoingGuard;
  readonly fromCpms: ForeignGuard;
  readonly fromStation: ForeignGuard;
}

const ALLOWED: GuardVerdict = { allowed: true };

/**
 * Builds the guard for a site.
 * @param wall_ms - wall clock at an instant, for start times of schedules
 */
export function createOcppGuard(policy: OcppPolicy, wall_ms: (now: Instant) => number): OcppGuard {
  const rules = new CpmsRules(policy, wall_ms);
  return {
    own(station, call, now) {
      const tooOften = call.action === 'Reset' && !rules.mayReset(station, now);
      const fault = tooOften ? 'rate' : ownFault(station, call);
      return fault === undefined ? ALLOWED : { allowed: false, reason: fault };
    },
    fromCpms(station, standing, call, now) {
      const reason = rules.fault(station, standing.protocol, call, now);
      return reason === undefined ? ALLOWED : denied(reason, cpmsDenial(call, reason));
    },
    fromStation(_station, standing, call) {
      const reason = stationFault(policy, standing, call);
      return reason === undefined ? ALLOWED : denied(reason, stationDenial(call, reason));
    },
  };
}

function denied(reason: OcppDenyReason, reply: Denial): GuardVerdict {
  return { allowed: false, reason, reply };
}

function ownFault(station: StationConfig, call: CallFrame): OcppDenyReason | undefined {
  if (call.action !== 'SetChargingProfile') {
    if (!OWN_ACTIONS.has(call.action)) return 'action-unknown';
    const clearsAll =
      call.action === 'ClearChargingProfile' && Object.keys(call.payload).length === 0;
    return clearsAll ? 'own-floor' : undefined;
  }
  const old = object(call.payload, 'csChargingProfiles');
  const profile = old ?? object(call.payload, 'chargingProfile');
  // The version matters here for its names alone; 2.1 has those of 2.0.1.
  const protocol = old === undefined ? 'ocpp2.0.1' : 'ocpp1.6';
  return profile === undefined ? 'malformed' : ownProfileFault(station, protocol, profile);
}

// --- from the station ----------------------------------------------------------------------

function stationFault(
  policy: OcppPolicy,
  { protocol, booted, pending }: StationStanding,
  call: CallFrame,
): OcppDenyReason | undefined {
  const { action, payload } = call;
  const base = action.endsWith('-Signed') ? action.slice(0, -7) : action;
  if (!STATION_ACTIONS[protocol].has(base)) {
    return CPMS_ACTIONS[protocol].has(base) ? 'action-direction' : 'action-unknown';
  }
  const asked = pending === true && ASKED_WHILE_PENDING.has(base);
  if (!booted && !asked && base !== 'BootNotification') return 'not-booted';
  if (base === 'DataTransfer' && !vendorAllowed(policy, payload)) return 'data-transfer';
  return undefined;
}

function vendorAllowed(policy: OcppPolicy, payload: JsonObject): boolean {
  return policy.dataTransferVendors.includes(text(payload, 'vendorId') ?? '');
}

function stationDenial(call: CallFrame, reason: OcppDenyReason): Denial {
  if (reason === 'data-transfer') {
    return { kind: 'payload', payload: { status: 'UnknownVendorId' } };
  }
  const code = reason === 'action-unknown' ? 'NotImplemented' : 'SecurityError';
  return { kind: 'error', code, description: call.action.length > 40 ? '' : reason };
}

// --- from the CPMS -------------------------------------------------------------------------

class CpmsRules {
  private readonly policy: OcppPolicy;
  private readonly wall_ms: (now: Instant) => number;
  private readonly resets: RateTable;
  private readonly profiles: RateTable;

  constructor(policy: OcppPolicy, wall_ms: (now: Instant) => number) {
    this.policy = policy;
    this.wall_ms = wall_ms;
    this.resets = new RateTable(policy.resetsPerHour, 3_600_000);
    this.profiles = new RateTable(policy.profilesPerMinute, 60_000);
  }

  fault(
    station: StationConfig,
    protocol: OcppProtocol,
    call: CallFrame,
    now: Instant,
  ): OcppDenyReason | undefined {
    const { action, payload } = call;
    // A rule cannot look into a signed message and a rewrite would break it (2.0.1 part 4, 7).
    if (action.endsWith('-Signed')) return 'signed-message';
    if (!CPMS_ACTIONS[protocol].has(action)) {
      return STATION_ACTIONS[protocol].has(action) ? 'action-direction' : 'action-unknown';
    }
    switch (action) {
      case 'UpdateFirmware':
      case 'SignedUpdateFirmware':
      case 'PublishFirmware':
        return this.firmware(payload);
      case 'GetDiagnostics':
      case 'GetLog':
        return this.log(payload);
      case 'InstallCertificate':
      case 'DeleteCertificate':
        return this.policy.certificates ? undefined : 'certificates';
      case 'SetNetworkProfile':
        return 'network-profile';
      case 'DataTransfer':
        return vendorAllowed(this.policy, payload) ? undefined : 'data-transfer';
      case 'Reset':
        return this.mayReset(station, now) ? undefined : 'rate';
      case 'SendLocalList':
        return localList(payload);
      case 'ChangeConfiguration':
        return this.variable(text(payload, 'key'), text(payload, 'value'));
      case 'SetVariables':
        return this.variables(payload);
      case 'SetChargingProfile':
        return this.profile(station, protocol, payload, now);
      case 'ClearChargingProfile':
        return clearFault(payload) ?? (this.profiles.take(station.id, now) ? undefined : 'rate');
      case 'RemoteStartTransaction':
      case 'RequestStartTransaction':
        return this.embedded(station, protocol, payload, now);
      default:
        return undefined;
    }
  }

  /** Counts against the resets of an hour, whoever asks. */
  mayReset(station: StationConfig, now: Instant): boolean {
    return this.resets.take(station.id, now);
  }

  private firmware(payload: JsonObject): OcppDenyReason | undefined {
    const inner = object(payload, 'firmware');
    const location = text(inner ?? payload, 'location');
    return urlFault(location, this.policy.firmwareHosts, 'firmware-host');
  }

  private log(payload: JsonObject): OcppDenyReason | undefined {
    const inner = object(payload, 'log');
    const location = text(payload, 'location') ?? (inner && text(inner, 'remoteLocation'));
    return urlFault(location, this.policy.logHosts, 'log-host');
  }

  private variables(payload: JsonObject): OcppDenyReason | undefined {
    const list = objects(payload, 'setVariableData');
    if (list === undefined || list.length === 0) return 'malformed';
    for (const entry of list) {
      // A rotation comes alone: the answer to a mixture could not say what became of it.
      if (list.length > 1 && namesPassword(entry)) return 'credentials';
      const component = text(object(entry, 'component') ?? {}, 'name');
      const variable = text(object(entry, 'variable') ?? {}, 'name');
      const kind = text(entry, 'attributeType') ?? 'Actual';
      const fault =
        kind === 'Actual'
          ? this.variable(`${component ?? ''}.${variable ?? ''}`, text(entry, 'attributeValue'))
          : 'variable';
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  private variable(
    name: string | undefined,
    value: string | undefined,
  ): OcppDenyReason | undefined {
    if (name === undefined || value === undefined || value.length > 2_500) return 'malformed';
    const wanted = name.toLowerCase();
    if (this.policy.passwordRotation && PASSWORDS.has(wanted)) return undefined;
    for (const forbidden of FORBIDDEN_VARIABLES) {
      if (forbidden.toLowerCase() === wanted) return credentialLike(wanted);
    }
    const range = VARIABLES.get(name);
    if (range === undefined) {
      return this.policy.extraVariables.includes(name) ? undefined : 'variable';
    }
    if (range === 'any') return undefined;
    const parsed = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
    return parsed >= range[0] && parsed <= range[1] ? undefined : 'variable-range';
  }

  private profile(
    station: StationConfig,
    protocol: OcppProtocol,
    payload: JsonObject,
    now: Instant,
  ): OcppDenyReason | undefined {
    const key = protocol === 'ocpp1.6' ? 'csChargingProfiles' : 'chargingProfile';
    const profile = object(payload, key);
    const place = number(payload, protocol === 'ocpp1.6' ? 'connectorId' : 'evseId');
    if (profile === undefined || place === undefined) return 'malformed';
    const fault = foreignProfileFault(station, protocol, profile, this.wall_ms(now));
    if (fault !== undefined) return fault;
    return this.profiles.take(station.id, now) ? undefined : 'rate';
  }

  /** A profile that comes with a remote start can only be one of the transaction. */
  private embedded(
    station: StationConfig,
    protocol: OcppProtocol,
    payload: JsonObject,
    now: Instant,
  ): OcppDenyReason | undefined {
    if (payload['chargingProfile'] === undefined) return undefined;
    const profile = object(payload, 'chargingProfile');
    if (profile === undefined) return 'malformed';
    if (text(profile, 'chargingProfilePurpose') !== 'TxProfile') return 'profile-purpose';
    return foreignProfileFault(station, protocol, profile, this.wall_ms(now));
  }
}

const PASSWORDS: ReadonlySet<string> = new Set([
  'authorizationkey',
  'securityctrlr.basicauthpassword',
]);

function namesPassword(entry: JsonObject): boolean {
  const variable = text(object(entry, 'variable') ?? {}, 'name') ?? '';
  return variable.toLowerCase() === 'basicauthpassword';
}

const credentialLike = (name: string): OcppDenyReason =>
  /key|password|securityprofile|identity|certificate/.test(name) ? 'credentials' : 'variable';

/** Only https, only listed hosts, no credentials in the URL, no odd ports. */
function urlFault(
  location: string | undefined,
  hosts: readonly string[],
  reason: 'firmware-host' | 'log-host',
): OcppDenyReason | undefined {
  if (location === undefined || location.length > 512) return 'malformed';
  const host = /^https:\/\/([a-z0-9.-]{1,253})(:443)?(\/[\x21-\x7e]*)?$/i.exec(location)?.[1];
  return host !== undefined && hosts.includes(host.toLowerCase()) ? undefined : reason;
}

/** An id that stations would cut down to another one, ours among them. */
function clearFault(payload: JsonObject): OcppDenyReason | undefined {
  const id = number(payload, 'id') ?? number(payload, 'chargingProfileId');
  return id === undefined || isProfileId(id) ? undefined : 'malformed';
}

/** A full update with an empty list locks all drivers out of a detached site. */
function localList(payload: JsonObject): OcppDenyReason | undefined {
  const list: unknown = payload['localAuthorizationList'];
  const empty = !Array.isArray(list) || list.length === 0;
  return text(payload, 'updateType') === 'Full' && empty ? 'local-list-empty' : undefined;
}

function cpmsDenial(call: CallFrame, reason: OcppDenyReason): Denial {
  if (reason === 'action-unknown') {
    return { kind: 'error', code: 'NotImplemented', description: reason };
  }
  if (call.action === 'SetVariables') return { kind: 'payload', payload: rejectedVariables(call) };
  if (REJECTABLE.has(call.action)) return { kind: 'payload', payload: { status: 'Rejected' } };
  if (call.action === 'SendLocalList') return { kind: 'payload', payload: { status: 'Failed' } };
  if (call.action === 'ClearChargingProfile') {
    return { kind: 'payload', payload: { status: 'Unknown' } };
  }
  return { kind: 'error', code: 'SecurityError', description: reason };
}

function rejectedVariables(call: CallFrame): JsonObject {
  const list = objects(call.payload, 'setVariableData') ?? [];
  return {
    setVariableResult: list.map((entry) => ({
      attributeStatus: 'Rejected',
      component: entry['component'],
      variable: entry['variable'],
    })),
  };
}
