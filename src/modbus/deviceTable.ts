import { later, type Instant } from '../time';
import type { BusDevice, DeviceStatistics } from './bus';
import type { Waiting } from './busQueue';
import { DeviceState } from './deviceState';
import { crcHolds } from './crc16';
import { isWrite } from './pdu';
import type { Transaction } from './transaction';
import { shapeKeyOfReply, UnitTaint } from './unitTaint';

/** How long a unit is remembered for having been late or having spoken unasked, ms. */
const DISTRUST_MS = 60_000;

/** The devices of one bus, and the taints of their units (two devices may share a unit). */
export class DeviceTable {
  readonly #states: ReadonlyMap<string, DeviceState>;
  /** Units that a person asks, beside the devices of the site. */
  readonly #visitors = new Map<string, DeviceState>();
  readonly #taints = new Map<number, UnitTaint>();
  /** Units that were late or spoke unasked, and those that spoke unasked. */
  readonly #disorderlyUntil = new Map<number, Instant>();
  readonly #distrustedUntil = new Map<number, Instant>();
  readonly #correlates: boolean;

  /**
   * Throws RangeError for a unit that no single device can have: 1..247 on RTU (MODBUS over Serial
   * Line V1.02, 2.2), 0..255 on TCP.
   */
  constructor(devices: readonly BusDevice[], correlates: boolean) {
    for (const { id, unit } of devices) checkUnit(unit, id, correlates);
    this.#states = new Map(devices.map((device) => [device.id, new DeviceState(device)]));
    this.#correlates = correlates;
  }

  find(device: string): DeviceState | undefined {
    return this.#states.get(device) ?? this.#visitors.get(device);
  }

  /** The device under which a person asks `unit`; late replies are known by unit as ever. */
  visitor(unit: number): string {
    checkUnit(unit, 'a visit', this.#correlates);
    const id = `visit ${unit}`;
    if (!this.#visitors.has(id)) {
      // Asked again at once after silence: the person decides when to stop.
      const device = { id, unit, turnaround_ms: 100, late_ms: 200, backoffMax_ms: 1 };
      this.#visitors.set(id, new DeviceState(device));
    }
    return id;
  }

  get visits_ms(): number {
    return [...this.#visitors.values()].reduce((sum, { busy_ms }) => sum + busy_ms, 0);
  }

  /** Forgets all visitors; returns them. */
  endVisits(): readonly DeviceState[] {
    const all = [...this.#visitors.values()];
    this.#visitors.clear();
    return all;
  }

  stateOf(entry: Waiting): DeviceState {
    const state = this.find(entry.request.device);
    if (state === undefined) throw new Error('only known devices are queued');
    return state;
  }

  /** Until when taint keeps this request back; undefined = it may go. */
  blockedUntil(entry: Waiting, now: Instant): Instant | undefined {
    if (this.#correlates) return undefined;
    const state = this.stateOf(entry);
    const { unit } = state.device;
    // A safety write is never held back; its acknowledgement then counts as ambiguous.
    const { request, priority } = entry.request;
    if (priority === 0 && isWrite(request)) return undefined;
    return this.#taints.get(unit)?.blockedUntil(entry.shapeKey, now);
  }

  /** What late replies of this unit are feared: any shape, and this very shape. */
  taintOf(state: DeviceState, key: number, now: Instant): { unit: boolean; shape: boolean } {
    const taint = this.#taints.get(state.device.unit);
    if (taint?.active(now) !== true) return { unit: false, shape: false };
    return { unit: true, shape: taint.blockedUntil(key, now) !== undefined };
  }

  /**
   * A request found no acceptable answer: its reply may still come. `consumed`: what came was the
   * reply, damaged or cut, so nothing more is due after the timeout, unless the unit is known to be
   * late or to repeat itself.
   */
  onUnanswered(transaction: Transaction, consumed: boolean, now: Instant): void {
    const { state, entry, timeout_at } = transaction;
    const { unit } = state.device;
    const late_at = later(now, state.late_ms);
    const orderly = now >= (this.#disorderlyUntil.get(unit) ?? now);
    const soon_at = timeout_at > now ? timeout_at : now;
    const until = consumed && orderly ? soon_at : late_at;
    if (!this.#correlates) this.#unit(unit).add(entry.shapeKey, until, now);
  }

  /** Whether the unit lately sent frames that nobody asked for. */
  distrusts(state: DeviceState, now: Instant): boolean {
    return now < (this.#distrustedUntil.get(state.device.unit) ?? now);
  }

  /**
   * Bytes that belong to no transaction: a late reply, which ends the taint of its shape, or a
   * whole frame that nobody asked for. The unit then answers twice or somebody speaks in its name:
   * its shape is tainted and its next answers are distrusted.
   */
  onStray(bytes: Uint8Array, now: Instant): void {
    const unit = bytes[0];
    if (this.#correlates || unit === undefined || !crcHolds(bytes)) return;
    const key = shapeKeyOfReply(bytes);
    if (key === undefined) return;
    this.#disorderlyUntil.set(unit, later(now, DISTRUST_MS));
    if (this.#taints.get(unit)?.settle(key) === true) return;
    this.#distrustedUntil.set(unit, later(now, DISTRUST_MS));
    for (const state of this.#states.values()) {
      if (state.device.unit === unit) this.#unit(unit).add(key, later(now, state.late_ms), now);
    }
  }

  onReconnect(): void {
    this.#taints.clear();
    this.#disorderlyUntil.clear();
    this.#distrustedUntil.clear();
    for (const state of [...this.#states.values(), ...this.#visitors.values()]) state.onReconnect();
  }

  statistics(elapsed_ms: number): DeviceStatistics[] {
    return [...this.#states.values()].map((state) => state.statistics(elapsed_ms));
  }

  #unit(unit: number): UnitTaint {
    let taint = this.#taints.get(unit);
    if (taint === undefined) {
      taint = new UnitTaint();
      this.#taints.set(unit, taint);
    }
    return taint;
  }
}

function checkUnit(unit: number, of: string, correlates: boolean): void {
  const [least, greatest] = correlates ? [0, 255] : [1, 247];
  if (Number.isInteger(unit) && unit >= least && unit <= greatest) return;
  throw new RangeError(`unit ${unit} of ${of} is outside ${least}..${greatest}`);
}
