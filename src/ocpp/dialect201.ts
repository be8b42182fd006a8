import type { ConnectorStatus } from '../model';
import type { StationConfig } from './config';
import type {
  Answer,
  AnswerContext,
  Dialect,
  LeaseTerms,
  ReportedSettings,
  Request,
} from './dialect';
import { isoOf, numberOf, objectOf, objectsOf, textOf, timeOf, wholeOf } from './fields';
import type { CallFrame, JsonObject } from './frame';
import { meterSampleOf } from './meterValues';
import type { Observation } from './observation';
import {
  CONNECTOR_PROFILE,
  FLOOR_PROFILE,
  LEASE_PROFILE,
  LONG_AGO,
  limitInAmps,
  limitInUnit,
  schedulePeriod,
  singleSchedule,
} from './profile';
import type { Period } from './profile';

const HEARTBEAT_S = 300;
const MAX_EVSE = 64;
/** More than any battery on wheels holds, Wh. */
const ENERGY_MAX_Wh = 2_000_000;
const NOTHING: JsonObject = {};

/** Messages that want an empty answer. */
const NOTIFICATIONS: ReadonlySet<string> = new Set([
  'StatusNotification',
  'MeterValues',
  'NotifyReport',
  'NotifyEvent',
  'NotifyMonitoringReport',
  'NotifyDisplayMessages',
  'NotifyCustomerInformation',
  'NotifyChargingLimit',
  'ClearedChargingLimit',
  'ReportChargingProfiles',
  'ReservationStatusUpdate',
  'SecurityEventNotification',
  'LogStatusNotification',
  'FirmwareStatusNotification',
  'PublishFirmwareStatusNotification',
]);

/** Messages that are refused in their own words while there is nobody to ask. */
const ANSWERS: ReadonlyMap<string, JsonObject> = new Map<string, JsonObject>([
  ['DataTransfer', { status: 'UnknownVendorId' }],
  ['SignCertificate', { status: 'Rejected' }],
  ['Get15118EVCertificate', { status: 'Failed', exiResponse: '' }],
  ['GetCertificateStatus', { status: 'Failed' }],
  ['NotifyEVChargingNeeds', { status: 'Accepted' }],
  ['NotifyEVChargingSchedule', { status: 'Accepted' }],
]);

/** OCPP 2.0.1. Pure. */
export const dialect201: Dialect = {
  observe: observe201,
  answer: answer201,
  floor: (station, nominal_V) =>
    profile201(FLOOR_PROFILE, 0, station, LONG_AGO, [
      schedulePeriod(station, 0, limitInUnit(station, station.floor_A, nominal_V)),
    ]),
  lease: (station, terms, nominal_V) => lease201(station, terms, nominal_V),
  connectorCap: connectorCap201,
  clearLease: (station, nominal_V) =>
    station.abilities.maxStackLevel < 1
      ? dialect201.floor(station, nominal_V)
      : { action: 'ClearChargingProfile', payload: { chargingProfileId: LEASE_PROFILE } },
  composite: (station, duration_s) => ({
    action: 'GetCompositeSchedule',
    payload: { evseId: 0, duration: duration_s, chargingRateUnit: station.abilities.unit },
  }),
  readComposite: composite201,
  accepted: (payload) => payload['status'] === 'Accepted',
  readSettings: () => ({
    action: 'GetVariables',
    payload: {
      getVariableData: [
        variable('SmartChargingCtrlr', 'RateUnit'),
        variable('SmartChargingCtrlr', 'ProfileStackLevel'),
        variable('SampledDataCtrlr', 'TxUpdatedInterval'),
      ],
    },
  }),
  settingsOf: settings201,
  writeMeterInterval: (interval_s) => ({
    action: 'SetVariables',
    payload: {
      setVariableData: [
        {
          ...variable('SampledDataCtrlr', 'TxUpdatedInterval'),
          attributeValue: String(interval_s),
        },
      ],
    },
  }),
  reset: () => ({ action: 'Reset', payload: { type: 'Immediate' } }),
  // The status tells of a cable, the transaction of charging.
  askStatus: (id) => [
    {
      action: 'TriggerMessage',
      payload: { requestedMessage: 'StatusNotification', evse: { id, connectorId: 1 } },
    },
    { action: 'TriggerMessage', payload: { requestedMessage: 'TransactionEvent', evse: { id } } },
  ],
  askClock: () => ({ action: 'TriggerMessage', payload: { requestedMessage: 'Heartbeat' } }),
  stopTransaction: (transactionId) => ({
    action: 'RequestStopTransaction',
    payload: { transactionId },
  }),
};

function variable(component: string, name: string): JsonObject {
  return { component: { name: component }, variable: { name } };
}

function profile201(
  id: number,
  stackLevel: number,
  station: StationConfig,
  startSchedule: string,
  chargingSchedulePeriod: readonly Period[],
  duration_s?: number,
): Request {
  return {
    action: 'SetChargingProfile',
    payload: {
      evseId: 0,
      chargingProfile: {
        id,
        stackLevel,
        chargingProfilePurpose: 'ChargingStationMaxProfile',
        chargingProfileKind: 'Absolute',
        chargingSchedule: [
          {
            id,
            startSchedule,
            ...(duration_s !== undefined && { duration: duration_s }),
            chargingRateUnit: station.abilities.unit,
            chargingSchedulePeriod,
          },
        ],
      },
    },
  };
}

/** A TxDefaultProfile on the EVSE, lowest level, without end; see `connectorCap16`. */
function connectorCap201(
  station: StationConfig,
  connector: number,
  limit_A: number,
  nominal_V: number,
): Request {
  const id = CONNECTOR_PROFILE + connector;
  const limit = limitInUnit(station, limit_A, nominal_V);
  return {
    action: 'SetChargingProfile',
    payload: {
      evseId: connector,
      chargingProfile: {
        id,
        stackLevel: 0,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Absolute',
        chargingSchedule: [
          {
            id,
            startSchedule: LONG_AGO,
            chargingRateUnit: station.abilities.unit,
            chargingSchedulePeriod: [schedulePeriod(station, 0, limit)],
          },
        ],
      },
    },
  };
}

/** Same id replaces; another id on the same level would be rejected (K01.FR.06, FR.39). */
function lease201(station: StationConfig, terms: LeaseTerms, nominal_V: number): Request {
  if (station.abilities.maxStackLevel < 1) {
    const { startSchedule, periods } = singleSchedule(station, terms, nominal_V);
    return profile201(FLOOR_PROFILE, 0, station, startSchedule, periods);
  }
  const periods = [schedulePeriod(station, 0, limitInUnit(station, terms.limit_A, nominal_V))];
  return profile201(LEASE_PROFILE, 1, station, isoOf(terms.start_ms), periods, terms.duration_s);
}

function composite201(
  station: StationConfig,
  payload: JsonObject,
  nominal_V: number,
): { readonly steps_A: readonly number[] } | undefined {
  const schedule = objectOf(payload, 'schedule');
  if (textOf(payload, 'status', 20) !== 'Accepted' || schedule === undefined) return undefined;
  const unit = textOf(schedule, 'chargingRateUnit', 2);
  const steps_A: number[] = [];
  for (const step of objectsOf(schedule, 'chargingSchedulePeriod')) {
    const limit = numberOf(step, 'limit');
    if (limit === undefined) return undefined;
    steps_A.push(limitInAmps(station, limit, unit, nominal_V));
  }
  return steps_A.length === 0 ? undefined : { steps_A };
}

function observe201(call: CallFrame): readonly Observation[] {
  const { payload } = call;
  switch (call.action) {
    case 'BootNotification':
      return [{ kind: 'boot' }];
    case 'StatusNotification':
      return status201(payload);
    case 'MeterValues':
      return meter201(payload, wholeOf(payload, 'evseId', 0, MAX_EVSE), undefined);
    case 'TransactionEvent':
      return transaction201(payload);
    case 'NotifyEVChargingNeeds':
      return needs201(payload);
    default:
      return [];
  }
}

/** Departure and energy as the vehicle asks for them (2.0.1, K15); one without the other says little. */
function needs201(payload: JsonObject): readonly Observation[] {
  const connector = wholeOf(payload, 'evseId', 1, MAX_EVSE);
  const needs = objectOf(payload, 'chargingNeeds');
  const departs_wall_ms = needs && timeOf(needs, 'departureTime');
  const part =
    needs && (objectOf(needs, 'acChargingParameters') ?? objectOf(needs, 'dcChargingParameters'));
  const energy_Wh = part && numberOf(part, 'energyAmount');
  if (connector === undefined || departs_wall_ms === undefined) return [];
  if (energy_Wh === undefined || !(energy_Wh > 0) || energy_Wh > ENERGY_MAX_Wh) return [];
  return [{ kind: 'needs', connector, departs_wall_ms, energy_Wh }];
}

const STATUSES: ReadonlyMap<string, ConnectorStatus> = new Map<string, ConnectorStatus>([
  ['Available', 'Available'],
  ['Occupied', 'Preparing'],
  ['Reserved', 'Reserved'],
  ['Unavailable', 'Unavailable'],
  ['Faulted', 'Faulted'],
]);

/** A connector is "Occupied" all through a session; the charging state comes with the transaction. */
function status201(payload: JsonObject): readonly Observation[] {
  const connector = wholeOf(payload, 'evseId', 0, MAX_EVSE);
  const status = STATUSES.get(textOf(payload, 'connectorStatus', 20) ?? '');
  const clock = clock201(payload);
  if (connector === undefined || status === undefined) return clock;
  return status === 'Preparing'
    ? [...clock, { kind: 'occupied', connector }]
    : [...clock, { kind: 'status', connector, status }];
}

const CHARGING: ReadonlyMap<string, ConnectorStatus> = new Map<string, ConnectorStatus>([
  ['Charging', 'Charging'],
  ['SuspendedEV', 'SuspendedEV'],
  ['SuspendedEVSE', 'SuspendedEVSE'],
  ['EVConnected', 'Preparing'],
  ['Idle', 'Finishing'],
]);

function transaction201(payload: JsonObject): readonly Observation[] {
  const info = objectOf(payload, 'transactionInfo') ?? NOTHING;
  const transaction = textOf(info, 'transactionId', 36);
  if (transaction === undefined) return [];
  const evse = objectOf(payload, 'evse');
  const connector = evse && wholeOf(evse, 'id', 1, MAX_EVSE);
  const seen: Observation[] = [...clock201(payload)];
  const type = textOf(payload, 'eventType', 10);
  if (connector !== undefined && type !== 'Ended') {
    seen.push({ kind: 'started', connector, transaction });
  }
  const status = CHARGING.get(textOf(info, 'chargingState', 20) ?? '');
  if (status !== undefined) seen.push({ kind: 'state', transaction, status });
  seen.push(...meter201(payload, connector, transaction));
  if (type === 'Ended') seen.push({ kind: 'stopped', transaction });
  return seen;
}

function meter201(
  payload: JsonObject,
  connector: number | undefined,
  transaction: string | undefined,
): readonly Observation[] {
  const sample = meterSampleOf(payload);
  if (sample === undefined) return [];
  if (connector !== undefined) return [{ kind: 'meter', connector, sample }];
  return transaction === undefined ? [] : [{ kind: 'transaction-meter', transaction, sample }];
}

function clock201(payload: JsonObject): readonly Observation[] {
  // An event marked offline is old by definition and says nothing about the clock.
  const wall_ms = payload['offline'] === true ? undefined : timeOf(payload, 'timestamp');
  return wall_ms === undefined ? [] : [{ kind: 'clock', wall_ms }];
}

function answer201(call: CallFrame, context: AnswerContext): Answer {
  const { payload } = call;
  const currentTime = isoOf(context.wall_ms);
  switch (call.action) {
    case 'BootNotification':
      return { ok: true, payload: { currentTime, interval: HEARTBEAT_S, status: 'Accepted' } };
    case 'Heartbeat':
      return { ok: true, payload: { currentTime } };
    case 'Authorize': {
      const token = tokenOf(payload);
      if (token === undefined) {
        return { ok: false, code: 'FormatViolation', description: 'idToken is missing' };
      }
      return { ok: true, payload: { idTokenInfo: { status: context.authorise(token) } } };
    }
    case 'TransactionEvent': {
      const token = tokenOf(payload);
      if (token === undefined) return { ok: true, payload: NOTHING };
      return { ok: true, payload: { idTokenInfo: { status: context.authorise(token) } } };
    }
    default: {
      const own = NOTIFICATIONS.has(call.action) ? NOTHING : ANSWERS.get(call.action);
      return own === undefined
        ? { ok: false, code: 'NotImplemented', description: 'unknown action' }
        : { ok: true, payload: own };
    }
  }
}

function tokenOf(payload: JsonObject): string | undefined {
  const token = objectOf(payload, 'idToken');
  return token && textOf(token, 'idToken', 36);
}

function settings201(payload: JsonObject): ReportedSettings {
  const values = new Map<string, string>();
  for (const entry of objectsOf(payload, 'getVariableResult')) {
    const name = textOf(objectOf(entry, 'variable') ?? NOTHING, 'name', 50);
    const value = textOf(entry, 'attributeValue', 500);
    if (name !== undefined && value !== undefined) values.set(name, value);
  }
  const unitText = values.get('RateUnit');
  const units = (['A', 'W'] as const).filter((unit) => unitText?.split(',').includes(unit));
  const level = countOf(values.get('ProfileStackLevel'));
  const interval = countOf(values.get('TxUpdatedInterval'));
  return {
    ...(units.length > 0 && { units }),
    ...(level !== undefined && { maxStackLevel: level }),
    ...(interval !== undefined && { meterInterval_s: interval }),
  };
}

const countOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
