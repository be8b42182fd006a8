import type { CallFrame, Frame, JsonObject } from '../../ocpp';
import type { Instant } from '../../time';
import type { StationCore } from './core';
import type { SimBehaviour } from './types';
import { compositeOf, number, object, profileOf16, text } from './wire16';

/** What answering needs of a station. */
export interface Answering {
  readonly core: StationCore;
  readonly behaves: SimBehaviour;
  meterInterval_ms: number;
  wall(): number;
  now(): Instant;
  heartbeat(): void;
  resetSoon(): void;
  meter(connector: number, now: Instant): void;
  meterSoon(): void;
  report(connector: number, now: Instant, always?: boolean): void;
  finish(connector: number, reason: string, now: Instant): void;
}

/** A simulated station's answer to one CALL of its controller (OCPP 1.6). */
export function answer16(station: Answering, call: CallFrame, now: Instant): Frame {
  const payload = payloadFor(station, call, now);
  return payload === undefined
    ? { type: 'error', id: call.id, code: 'NotImplemented', description: '' }
    : { type: 'result', id: call.id, payload };
}

function payloadFor(station: Answering, call: CallFrame, now: Instant): JsonObject | undefined {
  const { payload } = call;
  switch (call.action) {
    case 'SetChargingProfile':
      return { status: setProfile(station, payload) };
    case 'ClearChargingProfile':
      return { status: clearProfile(station, payload) };
    case 'GetCompositeSchedule':
      return composite(station, payload, now);
    case 'GetConfiguration':
      return configuration(station);
    case 'ChangeConfiguration':
      return { status: change(station, payload) };
    case 'TriggerMessage':
      return { status: trigger(station, payload, now) };
    case 'Reset':
      station.resetSoon();
      return { status: 'Accepted' };
    case 'RemoteStopTransaction':
      return { status: remoteStop(station, payload, now) };
    case 'RemoteStartTransaction':
    case 'ChangeAvailability':
    case 'UnlockConnector':
      return { status: 'Rejected' };
    default:
      return undefined;
  }
}

function setProfile(station: Answering, payload: JsonObject): string {
  const { core } = station;
  const connector = number(payload, 'connectorId');
  const body = object(payload, 'csChargingProfiles');
  const sloppy = station.behaves === 'sloppy';
  if (connector === undefined || body === undefined) return 'Rejected';
  const profile = profileOf16(connector, body);
  if (profile === undefined) return sloppy ? 'Accepted' : 'Rejected';
  const { maxStackLevel = 8, unit } = core.config;
  const sane =
    connector >= 0 &&
    connector <= core.connectors &&
    profile.stackLevel <= maxStackLevel &&
    (unit === undefined || profile.unit === unit) &&
    profile.periods.every((period) => period.limit >= 0) &&
    (profile.purpose !== 'station-max' || connector === 0) &&
    (profile.purpose !== 'tx' || connector > 0) &&
    (profile.purpose !== 'tx' || core.session(connector) !== undefined);
  if (!sane) return sloppy || station.behaves === 'lying' ? 'Accepted' : 'Rejected';
  return core.install(profile, station.now());
}

function clearProfile(station: Answering, payload: JsonObject): string {
  const id = number(payload, 'id');
  const connector = number(payload, 'connectorId');
  const level = number(payload, 'stackLevel');
  const purpose = text(payload, 'chargingProfilePurpose');
  const names = {
    ChargePointMaxProfile: 'station-max',
    TxDefaultProfile: 'tx-default',
    TxProfile: 'tx',
  } as const;
  const wanted = Object.entries(names).find(([name]) => name === purpose)?.[1];
  const removed = station.core.engine.remove(
    (profile) =>
      (id === undefined || profile.id === id) &&
      (connector === undefined || profile.connector === connector) &&
      (level === undefined || profile.stackLevel === level) &&
      (purpose === undefined || profile.purpose === wanted),
  );
  return removed > 0 ? 'Accepted' : 'Unknown';
}

function composite(station: Answering, payload: JsonObject, now: Instant): JsonObject {
  if (station.behaves === 'sloppy') return { status: 'Rejected' };
  const duration = number(payload, 'duration') ?? 0;
  const unit = text(payload, 'chargingRateUnit') === 'W' ? 'W' : 'A';
  const steps = compositeOf(station.core, now, duration, unit);
  if (steps.length === 0) return { status: 'Rejected' };
  const scheduleStart = new Date(station.wall()).toISOString();
  return {
    status: 'Accepted',
    connectorId: 0,
    scheduleStart,
    chargingSchedule: {
      duration,
      startSchedule: scheduleStart,
      chargingRateUnit: unit,
      chargingSchedulePeriod: steps,
    },
  };
}

function configuration(station: Answering): JsonObject {
  const { unit, maxStackLevel = 8 } = station.core.config;
  const units = unit === undefined ? 'Current,Power' : unit === 'A' ? 'Current' : 'Power';
  const entry = (key: string, value: string, readonly = true): JsonObject => ({
    key,
    readonly,
    value,
  });
  return {
    configurationKey: [
      entry('ChargingScheduleAllowedChargingRateUnit', units),
      entry('ChargeProfileMaxStackLevel', String(maxStackLevel)),
      entry('MeterValueSampleInterval', String(station.meterInterval_ms / 1000), false),
    ],
  };
}

function change(station: Answering, payload: JsonObject): string {
  if (text(payload, 'key') !== 'MeterValueSampleInterval') return 'NotSupported';
  const value = Number(text(payload, 'value'));
  if (!Number.isInteger(value) || value < 1 || value > 86_400) return 'Rejected';
  station.meterInterval_ms = value * 1000;
  station.meterSoon();
  return 'Accepted';
}

function trigger(station: Answering, payload: JsonObject, now: Instant): string {
  const connector = number(payload, 'connectorId') ?? 1;
  switch (text(payload, 'requestedMessage') ?? '') {
    case 'Heartbeat':
      station.heartbeat();
      return 'Accepted';
    case 'MeterValues':
      station.meter(connector, now);
      return 'Accepted';
    case 'StatusNotification':
      station.report(connector, now, true);
      return 'Accepted';
    default:
      return 'NotImplemented';
  }
}

function remoteStop(station: Answering, payload: JsonObject, now: Instant): string {
  const transaction = String(number(payload, 'transactionId') ?? '');
  for (let i = 1; i <= station.core.connectors; i += 1) {
    if (station.core.session(i)?.transaction === transaction) {
      station.finish(i, 'Remote', now);
      return 'Accepted';
    }
  }
  return 'Rejected';
}
