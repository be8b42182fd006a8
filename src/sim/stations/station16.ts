import type { CallFrame, Frame, JsonObject } from '../../ocpp';
import type { Instant } from '../../time';
import { StationLife } from './life';
import { answer16 } from './station16Answers';
import type { SimVehicle } from './types';
import { sampledValues16 } from './wire16';

const IDLE_METER_MS = 60_000;

/** The software of a simulated OCPP 1.6 station: reports, obeys (or not). */
export class Station16 extends StationLife {
  meterInterval_ms = (this.config.meterInterval_s ?? 5) * 1000;
  private readonly statuses = new Map<number, string>();
  private readonly transactions = new Map<string, number>();
  private begun = 0;

  protected bootPayload(): JsonObject {
    const { firmware: firmwareVersion = '1.0' } = this.config;
    return { chargePointVendor: 'Holdfast', chargePointModel: 'Simulated', firmwareVersion };
  }

  protected answer(call: CallFrame, now: Instant): Frame {
    return answer16(this, call, now);
  }

  protected announce(afterBoot: boolean): void {
    if (afterBoot) this.statuses.clear();
    const now = this.now();
    for (let i = 1; i <= this.core.connectors; i += 1) this.report(i, now);
    this.meterSoon();
  }

  plug(vehicle: SimVehicle, now: Instant, connector = 1): void {
    if (this.core.vehicle(connector) !== undefined) this.unplug(now, connector);
    this.core.plug(vehicle, now, connector);
    this.report(connector, now);
    const idTag = `TAG-${this.id}`.slice(0, 20);
    this.call('Authorize', { idTag }, false, (result) => {
      const info = result['idTagInfo'];
      const accepted = typeof info === 'object' && info !== null && 'status' in info;
      if (accepted && info.status === 'Accepted') this.begin(connector, idTag);
    });
    // Offline, an honest station charges and tells later (AllowOfflineTxForUnknownId).
    if (!this.online) this.begin(connector, idTag);
  }

  private begin(connector: number, idTag: string): void {
    const now = this.now();
    if (this.core.vehicle(connector) === undefined || this.core.session(connector)) return;
    const started_ms = this.wall();
    const local = `local-${(this.begun += 1)}`;
    this.core.setSession(connector, { transaction: local, started_ms }, now);
    const payload = {
      connectorId: connector,
      idTag,
      meterStart: Math.round(this.core.energy_Wh(connector, now)),
      timestamp: new Date(started_ms).toISOString(),
    };
    this.call('StartTransaction', payload, true, (result) => {
      const id = result['transactionId'];
      if (typeof id !== 'number') return;
      this.transactions.set(local, id);
      if (this.core.session(connector)?.transaction !== local) return;
      this.core.setSession(connector, { transaction: String(id), started_ms }, this.now());
    });
    this.report(connector, now);
    this.meterSoon();
  }

  unplug(now: Instant, connector = 1): void {
    this.core.unplug(now, connector);
    this.finish(connector, 'EVDisconnected', now);
    this.report(connector, now);
  }

  /** Ends the transaction of a connector, if there is one. */
  finish(connector: number, reason: string, now: Instant): void {
    const session = this.core.session(connector);
    if (session === undefined) return;
    this.core.setSession(connector, undefined, now);
    this.meter(connector, now);
    const rest = {
      meterStop: Math.round(this.core.energy_Wh(connector, now)),
      timestamp: new Date(this.wall()).toISOString(),
      reason,
    };
    const payload = (): JsonObject => ({ ...this.transactionOf(session.transaction), ...rest });
    this.call('StopTransaction', payload, true);
  }

  // --- reports -----------------------------------------------------------------------------

  /** Sends the connector's status when it changed. */
  report(connector: number, now: Instant, always = false): void {
    const status = this.statusOf(connector, now);
    if (!always && this.statuses.get(connector) === status) return;
    if (!this.online) return;
    this.statuses.set(connector, status);
    const timestamp = new Date(this.wall()).toISOString();
    const payload = { connectorId: connector, errorCode: 'NoError', status, timestamp };
    this.call('StatusNotification', payload, false);
  }

  private statusOf(connector: number, now: Instant): string {
    if (this.core.vehicle(connector) === undefined) return 'Available';
    if (this.core.session(connector) === undefined) return 'Preparing';
    if (this.core.full(connector)) return 'SuspendedEV';
    return this.core.offered(connector, now) > 0 ? 'Charging' : 'SuspendedEVSE';
  }

  meterSoon(): void {
    if (!this.online) return;
    this.timers.after('meter', this.meterInterval_ms, () => {
      const now = this.now();
      let busy = false;
      for (let i = 1; i <= this.core.connectors; i += 1) {
        busy ||= this.core.session(i) !== undefined;
        this.report(i, now);
        this.meter(i, now);
      }
      if (busy) this.meterSoon();
      else this.timers.after('meter', IDLE_METER_MS, () => this.meterSoon());
    });
  }

  meter(connector: number, now: Instant): void {
    const session = this.core.session(connector);
    const sampledValue = sampledValues16(
      this.claimedCurrent(connector, now),
      this.core.energy_Wh(connector, now),
    );
    const timestamp = new Date(this.wall()).toISOString();
    const payload = (): JsonObject => ({
      connectorId: connector,
      ...(session !== undefined && this.transactionOf(session.transaction)),
      meterValue: [{ timestamp, sampledValue }],
    });
    this.call('MeterValues', payload, session !== undefined);
  }

  /** The id given by the controller; known when a message leaves, not when it is written. */
  private transactionOf(transaction: string): { readonly transactionId: number } {
    return { transactionId: this.transactions.get(transaction) ?? Number(transaction) };
  }
}
