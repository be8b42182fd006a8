import type { CallFrame, Frame, JsonObject } from '../../ocpp';
import type { Instant } from '../../time';
import { NOMINAL_V } from './core';
import { StationLife } from './life';
import type { Profile, Purpose } from './profileEngine';
import type { SimVehicle } from './types';
import { compositeOf, isObject, number, object, periodsOf, text, time } from './wire16';

const IDLE_METER_MS = 60_000;

/** A running transaction: in 2.0.1 the station numbers it and its events. */
interface Running {
  readonly id: string;
  seqNo: number;
}

/** The software of a simulated OCPP 2.0.1 station with smart charging (block K). */
export class Station201 extends StationLife {
  private meterInterval_ms = (this.config.meterInterval_s ?? 5) * 1000;
  private readonly running201 = new Map<number, Running>();
  private readonly states = new Map<number, string>();
  private begun = 0;

  protected bootPayload(): JsonObject {
    return {
      reason: 'PowerUp',
      chargingStation: {
        model: 'Simulated',
        vendorName: 'Holdfast',
        firmwareVersion: this.config.firmware ?? '1.0',
      },
    };
  }

  protected announce(): void {
    for (let i = 1; i <= this.core.connectors; i += 1) this.status(i);
    this.meterSoon();
  }

  plug(vehicle: SimVehicle, now: Instant, connector = 1): void {
    if (this.core.vehicle(connector) !== undefined) this.unplug(now, connector);
    this.core.plug(vehicle, now, connector);
    this.status(connector);
    const idToken = { idToken: `TAG-${this.id}`.slice(0, 36), type: 'ISO14443' };
    this.call('Authorize', { idToken }, false, (result) => {
      const info = object(result, 'idTokenInfo');
      if (info && text(info, 'status') === 'Accepted') this.begin(connector, idToken);
    });
    if (!this.online) this.begin(connector, idToken);
  }

  private begin(connector: number, idToken: JsonObject): void {
    const now = this.now();
    if (this.core.vehicle(connector) === undefined || this.core.session(connector)) return;
    const id = `${this.id.slice(0, 20)}-tx-${(this.begun += 1)}`;
    this.running201.set(connector, { id, seqNo: 0 });
    this.core.setSession(connector, { transaction: id, started_ms: this.wall() }, now);
    this.event(connector, 'Started', 'Authorized', { idToken });
    this.meterSoon();
  }

  unplug(now: Instant, connector = 1): void {
    this.core.unplug(now, connector);
    this.finish(connector, 'EVCommunicationLost', now);
    this.status(connector);
  }

  private finish(connector: number, trigger: string, now: Instant): void {
    if (this.core.session(connector) === undefined) return;
    this.core.setSession(connector, undefined, now);
    this.event(connector, 'Ended', trigger);
    this.running201.delete(connector);
    this.states.delete(connector);
  }

  // --- reports -----------------------------------------------------------------------------

  private status(connector: number): void {
    const occupied = this.core.vehicle(connector) !== undefined;
    this.call(
      'StatusNotification',
      {
        timestamp: this.stamp(),
        connectorStatus: occupied ? 'Occupied' : 'Available',
        evseId: connector,
        connectorId: 1,
      },
      false,
    );
  }

  private event(
    connector: number,
    eventType: string,
    trigger: string,
    more: JsonObject = {},
  ): void {
    const running = this.running201.get(connector);
    if (running === undefined) return;
    const payload: JsonObject = {
      eventType,
      timestamp: this.stamp(),
      triggerReason: trigger,
      seqNo: running.seqNo,
      transactionInfo: { transactionId: running.id, chargingState: this.state(connector) },
      ...(eventType === 'Started' && { evse: { id: connector, connectorId: 1 } }),
      meterValue: [{ timestamp: this.stamp(), sampledValue: this.samples(connector) }],
      ...(!this.online && { offline: true }),
      ...more,
    };
    running.seqNo += 1;
    this.call('TransactionEvent', payload, true);
  }

  private state(connector: number): string {
    if (this.core.session(connector) === undefined) return 'Idle';
    if (this.core.full(connector)) return 'SuspendedEV';
    return this.core.offered(connector, this.now()) > 0 ? 'Charging' : 'SuspendedEVSE';
  }

  private samples(connector: number): readonly JsonObject[] {
    const now = this.now();
    const current = this.claimedCurrent(connector, now);
    const power = (current[0] + current[1] + current[2]) * NOMINAL_V;
    const value = (
      measurand: string,
      number: number,
      unit: string,
      phase?: string,
    ): JsonObject => ({
      value: Math.round(number * 10) / 10,
      measurand,
      unitOfMeasure: { unit },
      ...(phase !== undefined && { phase }),
    });
    return [
      value('Energy.Active.Import.Register', this.core.energy_Wh(connector, now), 'Wh'),
      value('Power.Active.Import', power, 'W'),
      value('Current.Import', current[0], 'A', 'L1'),
      value('Current.Import', current[1], 'A', 'L2'),
      value('Current.Import', current[2], 'A', 'L3'),
    ];
  }

  private meterSoon(): void {
    if (!this.online) return;
    this.timers.after('meter', this.meterInterval_ms, () => {
      let busy = false;
      for (let i = 1; i <= this.core.connectors; i += 1) {
        if (this.core.session(i) === undefined) continue;
        busy = true;
        const state = this.state(i);
        const changed = this.states.get(i) !== state;
        this.states.set(i, state);
        this.event(i, 'Updated', changed ? 'ChargingStateChanged' : 'MeterValuePeriodic');
      }
      if (busy) this.meterSoon();
      else this.timers.after('meter', IDLE_METER_MS, () => this.meterSoon());
    });
  }

  private stamp(): string {
    return new Date(this.wall()).toISOString();
  }

  // --- calls of the controller ---------------------------------------------------------------

  protected answer(call: CallFrame, now: Instant): Frame {
    const payload = this.payloadFor(call, now);
    return payload === undefined
      ? { type: 'error', id: call.id, code: 'NotImplemented', description: '' }
      : { type: 'result', id: call.id, payload };
  }

  private trigger(payload: JsonObject): string {
    const evse = number(object(payload, 'evse') ?? {}, 'id') ?? 1;
    switch (text(payload, 'requestedMessage') ?? '') {
      case 'Heartbeat':
        this.heartbeat();
        return 'Accepted';
      case 'StatusNotification':
        this.status(evse);
        return 'Accepted';
      case 'TransactionEvent':
        if (!this.running201.has(evse)) return 'Rejected';
        this.event(evse, 'Updated', 'Trigger');
        return 'Accepted';
      default:
        return 'NotImplemented';
    }
  }

  private payloadFor(call: CallFrame, now: Instant): JsonObject | undefined {
    const { payload } = call;
    switch (call.action) {
      case 'SetChargingProfile':
        return { status: this.setProfile(payload) };
      case 'ClearChargingProfile':
        return { status: this.clearProfile(payload) };
      case 'GetCompositeSchedule':
        return this.composite(payload, now);
      case 'GetVariables':
        return this.getVariables(payload);
      case 'SetVariables':
        return this.setVariables(payload);
      case 'TriggerMessage':
        return { status: this.trigger(payload) };
      case 'RequestStopTransaction':
        return { status: this.requestStop(text(payload, 'transactionId'), now) };
      case 'Reset':
        this.resetSoon();
        return { status: 'Accepted' };
      case 'RequestStartTransaction':
        return { status: 'Rejected' };
      default:
        return undefined;
    }
  }

  private requestStop(transaction: string | undefined, now: Instant): string {
    for (const [connector, { id }] of this.running201) {
      if (id !== transaction) continue;
      this.finish(connector, 'RemoteStop', now);
      return 'Accepted';
    }
    return 'Rejected';
  }

  private setProfile(payload: JsonObject): string {
    const evse = number(payload, 'evseId');
    const body = object(payload, 'chargingProfile');
    const profile = evse !== undefined && body ? profileOf201(evse, body) : undefined;
    const trusting = this.behaves === 'sloppy' || this.behaves === 'lying';
    if (profile === undefined) return trusting ? 'Accepted' : 'Rejected';
    const { maxStackLevel = 8, unit } = this.config;
    const clash = this.core.engine.installed.some(
      (old) =>
        old.id !== profile.id &&
        old.purpose === profile.purpose &&
        old.stackLevel === profile.stackLevel &&
        old.connector === profile.connector,
    );
    const sane =
      profile.stackLevel <= maxStackLevel &&
      (unit === undefined || unit === profile.unit) &&
      profile.periods.every((period) => period.limit >= 0) &&
      (profile.purpose !== 'station-max' || profile.connector === 0);
    // K01.FR.06: another id on the same level and purpose is an error, not a replacement.
    if (!sane || clash) return trusting ? 'Accepted' : 'Rejected';
    return this.core.install(profile, this.now());
  }

  private clearProfile(payload: JsonObject): string {
    const id = number(payload, 'chargingProfileId');
    const criteria = object(payload, 'chargingProfileCriteria') ?? {};
    const purpose = PURPOSES.get(text(criteria, 'chargingProfilePurpose') ?? '');
    const evse = number(criteria, 'evseId');
    const removed = this.core.engine.remove(
      (profile) =>
        (id === undefined || profile.id === id) &&
        (purpose === undefined || profile.purpose === purpose) &&
        (evse === undefined || profile.connector === evse),
    );
    return removed > 0 ? 'Accepted' : 'Unknown';
  }

  private composite(payload: JsonObject, now: Instant): JsonObject {
    if (this.behaves === 'sloppy') return { status: 'Rejected' };
    const unit = text(payload, 'chargingRateUnit') === 'W' ? 'W' : 'A';
    const duration = number(payload, 'duration') ?? 0;
    const chargingSchedulePeriod = compositeOf(this.core, now, duration, unit);
    if (chargingSchedulePeriod.length === 0) return { status: 'Rejected' };
    return {
      status: 'Accepted',
      schedule: {
        evseId: 0,
        duration,
        scheduleStart: this.stamp(),
        chargingRateUnit: unit,
        chargingSchedulePeriod,
      },
    };
  }

  private getVariables(payload: JsonObject): JsonObject {
    const known = new Map([
      ['RateUnit', this.config.unit ?? 'A,W'],
      ['ProfileStackLevel', String(this.config.maxStackLevel ?? 8)],
      ['TxUpdatedInterval', String(this.meterInterval_ms / 1000)],
    ]);
    const getVariableResult = entries(payload, 'getVariableData').map((entry) => {
      const value = known.get(text(object(entry, 'variable') ?? {}, 'name') ?? '');
      const { component, variable } = entry;
      return value === undefined
        ? { attributeStatus: 'UnknownVariable', component, variable }
        : { attributeStatus: 'Accepted', attributeValue: value, component, variable };
    });
    return { getVariableResult };
  }

  private setVariables(payload: JsonObject): JsonObject {
    const setVariableResult = entries(payload, 'setVariableData').map((entry) => {
      const { component, variable } = entry;
      const value = Number(text(entry, 'attributeValue'));
      const name = text(object(entry, 'variable') ?? {}, 'name');
      const taken = name === 'TxUpdatedInterval' && Number.isInteger(value) && value >= 1;
      if (taken) {
        this.meterInterval_ms = value * 1000;
        this.meterSoon();
      }
      return { attributeStatus: taken ? 'Accepted' : 'Rejected', component, variable };
    });
    return { setVariableResult };
  }
}

const PURPOSES: ReadonlyMap<string, Purpose> = new Map<string, Purpose>([
  ['ChargingStationMaxProfile', 'station-max'],
  ['TxDefaultProfile', 'tx-default'],
  ['TxProfile', 'tx'],
]);

function entries(payload: JsonObject, key: string): readonly JsonObject[] {
  const list: unknown = payload[key];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function profileOf201(connector: number, body: JsonObject): Profile | undefined {
  const id = number(body, 'id');
  const stackLevel = number(body, 'stackLevel');
  const purpose = PURPOSES.get(text(body, 'chargingProfilePurpose') ?? '');
  const [schedule] = entries(body, 'chargingSchedule');
  if (id === undefined || stackLevel === undefined || !purpose || !schedule) return undefined;
  const unit = text(schedule, 'chargingRateUnit');
  const periods = periodsOf(schedule);
  const start_ms = time(schedule, 'startSchedule');
  const kind = text(body, 'chargingProfileKind') === 'Relative' ? 'Relative' : 'Absolute';
  if ((unit !== 'A' && unit !== 'W') || periods === undefined) return undefined;
  // K01.FR.40: an absolute schedule has a start.
  if (kind === 'Absolute' && start_ms === undefined) return undefined;
  const duration_s = number(schedule, 'duration');
  const transaction = text(body, 'transactionId');
  const validTo_ms = time(body, 'validTo');
  return {
    id,
    purpose,
    stackLevel,
    connector,
    kind,
    unit,
    periods,
    ...(start_ms !== undefined && { start_ms }),
    ...(duration_s !== undefined && { duration_s }),
    ...(transaction !== undefined && { transaction }),
    ...(validTo_ms !== undefined && { validTo_ms }),
  };
}
