import type { ConnectorStatus } from '../model';
import type { Answer, AnswerContext, Dialect, ReportedSettings } from './dialect';
import { isoOf, numberOf, objectsOf, textOf, timeOf, wholeOf } from './fields';
import type { CallFrame, JsonObject } from './frame';
import { meterSampleOf } from './meterValues';
import type { Observation } from './observation';
import { clearLease16, compositeSteps16, connectorCap16, floor16, lease16 } from './profile';

/** Heartbeat interval given to stations, s; OCPP pings keep the socket alive, this the clock. */
const HEARTBEAT_S = 300;
/** 1.6: connector numbers; a site file never has more. */
const MAX_CONNECTOR = 64;
const NOTHING: JsonObject = {};

const STATUSES = new Map<string, ConnectorStatus>(
  (
    [
      'Available',
      'Preparing',
      'Charging',
      'SuspendedEVSE',
      'SuspendedEV',
      'Finishing',
      'Reserved',
      'Unavailable',
      'Faulted',
    ] as const
  ).map((status) => [status, status]),
);

/** Notifications that want an empty answer (1.6 and the security extension). */
const NOTIFICATIONS: ReadonlySet<string> = new Set([
  'StatusNotification',
  'MeterValues',
  'FirmwareStatusNotification',
  'DiagnosticsStatusNotification',
  'SecurityEventNotification',
  'LogStatusNotification',
  'SignedFirmwareStatusNotification',
]);

/** OCPP 1.6J. Pure. */
export const dialect16: Dialect = {
  observe: observe16,
  answer: answer16,
  floor: floor16,
  lease: lease16,
  connectorCap: connectorCap16,
  clearLease: clearLease16,
  composite: (station, duration_s) => ({
    action: 'GetCompositeSchedule',
    payload: {
      connectorId: 0,
      duration: duration_s,
      chargingRateUnit: station.abilities.unit,
    },
  }),
  readComposite: compositeSteps16,
  accepted: (payload) => payload['status'] === 'Accepted',
  readSettings: () => ({
    action: 'GetConfiguration',
    payload: {
      key: [
        'ChargingScheduleAllowedChargingRateUnit',
        'ChargeProfileMaxStackLevel',
        'MeterValueSampleInterval',
      ],
    },
  }),
  settingsOf: settings16,
  writeMeterInterval: (interval_s) => ({
    action: 'ChangeConfiguration',
    payload: { key: 'MeterValueSampleInterval', value: String(interval_s) },
  }),
  stopTransaction: (transaction) => ({
    action: 'RemoteStopTransaction',
    payload: { transactionId: Number(transaction) },
  }),
  reset: () => ({ action: 'Reset', payload: { type: 'Hard' } }),
  askStatus: (connectorId) => [
    {
      action: 'TriggerMessage',
      payload: { requestedMessage: 'StatusNotification', connectorId },
    },
  ],
  askClock: () => ({ action: 'TriggerMessage', payload: { requestedMessage: 'Heartbeat' } }),
};

function observe16(call: CallFrame): readonly Observation[] {
  const { payload } = call;
  switch (call.action) {
    case 'BootNotification':
      return [{ kind: 'boot' }];
    case 'StatusNotification':
      return status16(payload);
    case 'MeterValues':
      return meter16(payload);
    case 'StopTransaction': {
      const transaction = numberOf(payload, 'transactionId');
      return transaction === undefined
        ? []
        : [{ kind: 'stopped', transaction: String(transaction) }];
    }
    default:
      return [];
  }
}

function status16(payload: JsonObject): readonly Observation[] {
  const connector = wholeOf(payload, 'connectorId', 0, MAX_CONNECTOR);
  const status = STATUSES.get(textOf(payload, 'status', 20) ?? '');
  if (connector === undefined || status === undefined) return [];
  return [...clock16(payload), { kind: 'status', connector, status }];
}

function meter16(payload: JsonObject): readonly Observation[] {
  const connector = wholeOf(payload, 'connectorId', 0, MAX_CONNECTOR);
  const sample = meterSampleOf(payload);
  if (connector === undefined || sample === undefined) return [];
  const clock: Observation[] =
    sample.wall_ms === undefined ? [] : [{ kind: 'clock', wall_ms: sample.wall_ms }];
  return [...clock, { kind: 'meter', connector, sample }];
}

function clock16(payload: JsonObject): readonly Observation[] {
  const wall_ms = timeOf(payload, 'timestamp');
  return wall_ms === undefined ? [] : [{ kind: 'clock', wall_ms }];
}

function answer16(call: CallFrame, context: AnswerContext): Answer {
  const { payload } = call;
  const currentTime = isoOf(context.wall_ms);
  switch (call.action) {
    case 'BootNotification':
      return { ok: true, payload: { status: 'Accepted', currentTime, interval: HEARTBEAT_S } };
    case 'Heartbeat':
      return { ok: true, payload: { currentTime } };
    case 'Authorize': {
      const idTag = textOf(payload, 'idTag', 20);
      if (idTag === undefined) return malformed('idTag');
      return { ok: true, payload: { idTagInfo: { status: context.authorise(idTag) } } };
    }
    case 'StartTransaction':
      return start16(payload, context);
    case 'StopTransaction':
      return { ok: true, payload: NOTHING };
    case 'DataTransfer':
      return { ok: true, payload: { status: 'UnknownVendorId' } };
    case 'SignCertificate':
      return { ok: true, payload: { status: 'Rejected' } };
    default:
      return NOTIFICATIONS.has(call.action)
        ? { ok: true, payload: NOTHING }
        : { ok: false, code: 'NotImplemented', description: 'unknown action' };
  }
}

function start16(payload: JsonObject, context: AnswerContext): Answer {
  const connector = wholeOf(payload, 'connectorId', 1, MAX_CONNECTOR);
  const idTag = textOf(payload, 'idTag', 20);
  if (connector === undefined) return malformed('connectorId');
  if (idTag === undefined) return malformed('idTag');
  const transactionId = context.newTransaction();
  const status = context.authorise(idTag);
  return {
    ok: true,
    payload: { transactionId, idTagInfo: { status } },
    seen: [{ kind: 'started', connector, transaction: String(transactionId) }],
  };
}

function malformed(field: string): Answer {
  return { ok: false, code: 'FormationViolation', description: `${field} is missing or malformed` };
}

function settings16(payload: JsonObject): ReportedSettings {
  const values = new Map<string, string>();
  for (const entry of objectsOf(payload, 'configurationKey')) {
    const key = textOf(entry, 'key', 50);
    const value = textOf(entry, 'value', 500);
    if (key !== undefined && value !== undefined) values.set(key, value);
  }
  const units = unitsOf(values.get('ChargingScheduleAllowedChargingRateUnit'));
  const level = countOf(values.get('ChargeProfileMaxStackLevel'));
  const interval = countOf(values.get('MeterValueSampleInterval'));
  return {
    ...(units !== undefined && { units }),
    ...(level !== undefined && { maxStackLevel: level }),
    ...(interval !== undefined && { meterInterval_s: interval }),
  };
}

/** Makers write `Current,Power`, `A,W` or one of them (1.6, 9.4.2 says Current/Power). */
function unitsOf(text: string | undefined): readonly ('A' | 'W')[] | undefined {
  if (text === undefined) return undefined;
  const units: ('A' | 'W')[] = [];
  if (/\b(Current|A)\b/i.test(text)) units.push('A');
  if (/\b(Power|W)\b/i.test(text)) units.push('W');
  return units.length === 0 ? undefined : units;
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text.trim()) ? Number(text) : undefined;
}
