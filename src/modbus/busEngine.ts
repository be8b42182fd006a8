import { later, type Instant } from '../time';
import type {
  BusDevice,
  BusFailure,
  BusRequest,
  BusResult,
  BusStatistics,
  DeviceHealth,
  Judge,
} from './bus';
import { BusQueue, type Waiting } from './busQueue';
import { BusReports } from './busReports';
import type { DeviceState } from './deviceState';
import { DeviceTable } from './deviceTable';
import type { FrameFault, FramePort, FramePortEvents, PduCodec } from './framePort';
import { describe, EXCEPTION_CODE, isWrite, malformed } from './pdu';
import { replyShape } from './replyCheck';
import { failure, timeoutAt, type Transaction } from './transaction';
import { shapeKey } from './unitTaint';

/**
 * The scheduler of one bus. It sends one request at a time (on TCP up to the port's window), most
 * urgent first, asks the guard before each, waits for a validated reply for an adaptive time, and
 * reports each request exactly once.
 *
 * Cases: answered · exception · no or bad reply (reads are repeated once, writes never) · port lost
 * (all fail, nothing survives) · device dead (fail at once, one probe per round) · unit tainted
 * (same shape waits; a safety write goes out, but an acknowledgement is then only 'ambiguous').
 * It stops when the queue is empty or nothing may be sent; `wakeAt` says when time alone changes
 * that. Who answers is not its business: `openings` of the bus tells when to ask for the identity.
 */

const READ_ATTEMPTS = 2;
/** How long the line is listened to after an answer of a distrusted unit, ms. */
const LISTEN_MS = 100;
/** A port that never says the request left is given up after this, beyond the wire time. */
const SEND_GUARD_MS = 2000;

export interface BusEngineOptions {
  readonly port: FramePort;
  readonly codec: PduCodec;
  readonly judge: Judge;
  readonly devices: readonly BusDevice[];
}

export class BusEngine implements FramePortEvents {
  readonly #port: FramePort;
  readonly #codec: PduCodec;
  readonly #judge: Judge;
  readonly #devices: DeviceTable;
  readonly #queue = new BusQueue();
  readonly #underWay = new Map<number, Transaction>();
  readonly #reports = new BusReports();
  #nextId = 1;
  #started_at: Instant | undefined;
  #busy_ms = 0;
  #transactions = 0;
  #errors = 0;
  #strayBytes = 0;
  #blockedUntil = Infinity;

  constructor(options: BusEngineOptions) {
    this.#port = options.port;
    this.#codec = options.codec;
    this.#judge = options.judge;
    this.#devices = new DeviceTable(options.devices, options.port.correlates);
  }

  /** Queues a request. Its result never arrives inside this call. */
  submit(request: BusRequest, now: Instant): void {
    this.#started_at ??= now;
    const state = this.#devices.find(request.device);
    const text = state === undefined ? `no device ${request.device}` : malformed(request.request);
    if (text !== undefined || state === undefined) {
      this.#reports.fail(request, 'malformed', text ?? '');
    } else if (!this.#port.isOpen) {
      this.#reports.fail(request, 'disconnected', 'the port is not open');
    } else if (state.refuses(request.priority, now)) {
      this.#refuse(request, state, now);
    } else {
      const entry = { request, attempt: 1, shapeKey: shapeKey(request.request) };
      for (const lost of this.#queue.admit(entry)) {
        this.#reports.fail(lost.entry.request, lost.why, 'its place in the queue was taken');
      }
      if (!this.#reports.flushing) this.#pump(now);
    }
  }

  /** The device under which a person asks this unit. Throws RangeError like the constructor. */
  visitor(unit: number): string {
    return this.#devices.visitor(unit);
  }

  endVisits(now: Instant): void {
    for (const state of this.#devices.endVisits())
      this.#failWaiting(state, 'disconnected', 'the visit ended');
    this.#finish(now);
  }

  /** Time passed. Expires, times out, sends. */
  tick(now: Instant): void {
    this.#expire(now);
    this.#finish(now);
  }

  /** When `tick` must be called at the latest; Infinity when only events matter. */
  wakeAt(now: Instant): number {
    if (this.#reports.pending > 0) return now;
    let wake = Math.min(this.#queue.earliestDeadline, this.#blockedUntil);
    for (const flight of this.#underWay.values()) wake = Math.min(wake, flight.timeout_at);
    return wake;
  }

  /** Ends everything that waits or is under way with 'disconnected'. */
  stop(now: Instant): void {
    this.onClose('stopped', now);
  }

  onOpen(now: Instant): void {
    this.#started_at ??= now;
    this.#devices.onReconnect();
    this.#finish(now);
  }

  onClose(reason: string, now: Instant): void {
    for (const flight of this.#underWay.values()) {
      this.#account(flight, now);
      flight.state.count('disconnected');
      this.#reports.add(
        flight.entry.request,
        failure('disconnected', reason, flight.sentEnd_at !== undefined),
      );
    }
    this.#underWay.clear();
    for (const entry of this.#queue.remove(() => true)) {
      this.#reports.fail(entry.request, 'disconnected', reason);
    }
    this.#devices.onReconnect();
    this.#reports.flush(now);
  }

  onSent(id: number, ends_at: Instant): void {
    const flight = this.#underWay.get(id);
    if (flight === undefined) return;
    flight.sentEnd_at = ends_at;
    flight.timeout_at = timeoutAt(flight, ends_at, this.#port);
  }

  onReply(id: number, adu: Uint8Array, at: Instant): void {
    const flight = this.#underWay.get(id);
    if (flight === undefined) return;
    const ends_at = flight.sentEnd_at ?? flight.handed_at;
    const sent_at = later(ends_at, -flight.request_ms);
    flight.state.onAnswer(at, at - sent_at, at - ends_at - flight.reply_ms);
    const result = this.#decode(flight, adu, sent_at, at);
    if (this.#devices.distrusts(flight.state, at)) {
      flight.held = result;
      flight.timeout_at = later(at, LISTEN_MS);
    } else this.#release(flight, result, at);
    this.#finish(at);
  }

  onFault(id: number, fault: FrameFault, now: Instant): void {
    const flight = this.#underWay.get(id);
    if (flight === undefined) return;
    this.#underWay.delete(id);
    this.#account(flight, now);
    if (fault.kind === 'expired' || fault.kind === 'not-ready') {
      this.#reports.add(flight.entry.request, failure(fault.kind, fault.text, false));
    } else {
      this.#onBadReply(flight, fault, now);
    }
    this.#finish(now);
  }

  onStray(bytes: Uint8Array, now: Instant): void {
    this.#strayBytes += bytes.length;
    this.#devices.onStray(bytes, now);
    for (const flight of [...this.#underWay.values()]) {
      if (flight.held === undefined) continue;
      this.#underWay.delete(flight.id);
      this.#account(flight, now);
      this.#onBadReply(flight, { kind: 'invalid-reply', text: 'a second reply followed' }, now);
    }
    this.#finish(now);
  }

  onReady(now: Instant): void {
    this.#finish(now);
  }

  health(device: string): DeviceHealth {
    return this.#devices.find(device)?.health ?? 'unknown';
  }

  statistics(now: Instant): BusStatistics {
    const elapsed_ms = this.#started_at === undefined ? 0 : now - this.#started_at;
    return {
      open: this.#port.isOpen,
      waiting: this.#queue.size,
      utilisation: elapsed_ms > 0 ? Math.min(1, this.#busy_ms / elapsed_ms) : 0,
      transactions: this.#transactions,
      errors: this.#errors,
      strayBytes: this.#strayBytes,
      devices: this.#devices.statistics(elapsed_ms),
      visits_ms: this.#devices.visits_ms,
    };
  }

  #pump(now: Instant): void {
    this.#blockedUntil = Infinity;
    while (
      this.#queue.size > 0 &&
      this.#port.isOpen &&
      this.#port.isReady &&
      this.#underWay.size < this.#port.window
    ) {
      const entry = this.#queue.take((candidate) => this.#eligible(candidate, now));
      if (entry === undefined) return;
      this.#dispatch(entry, now);
    }
  }

  #eligible(entry: Waiting, now: Instant): boolean {
    const until = this.#devices.blockedUntil(entry, now);
    if (until === undefined) return true;
    this.#blockedUntil = Math.min(this.#blockedUntil, until);
    return false;
  }

  #dispatch(entry: Waiting, now: Instant): void {
    const state = this.#devices.stateOf(entry);
    if (now >= entry.request.deadline) {
      this.#reports.fail(entry.request, 'expired', 'not sent before its deadline');
    } else if (state.refuses(entry.request.priority, now)) {
      this.#refuse(entry.request, state, now);
    } else {
      this.#send(entry, state, now);
    }
  }

  #send(entry: Waiting, state: DeviceState, now: Instant): void {
    const { request, source } = entry.request;
    const { unit, id: device } = state.device;
    const context = { device, source: source ?? 'site', now };
    const verdict = this.#judge(unit, request, context);
    if (!verdict.allow) {
      state.count('denied');
      this.#reports.fail(entry.request, 'denied', `${describe(request)}: ${verdict.reason}`);
      return;
    }
    const adu = this.#codec.encode(unit, request);
    const { char_ms } = this.#port.wire;
    const request_ms = adu.length * char_ms;
    const reply_ms = replyShape(unit, request, adu).length * char_ms;
    const id = this.#nextId;
    this.#nextId += 1;
    this.#transactions += 1;
    this.#underWay.set(id, {
      id,
      entry,
      state,
      handed_at: now,
      request_ms,
      reply_ms,
      taint: this.#devices.taintOf(state, entry.shapeKey, now),
      sentEnd_at: undefined,
      held: undefined,
      timeout_at: later(now, SEND_GUARD_MS + request_ms + reply_ms),
    });
    this.#port.send({
      id,
      unit,
      request,
      adu,
      deadline: entry.request.deadline,
      extraGap_ms: state.device.extraGap_ms ?? 0,
    });
  }

  #expire(now: Instant): void {
    for (const entry of this.#queue.expire(now)) {
      this.#reports.fail(entry.request, 'expired', 'not sent before its deadline');
    }
    for (const flight of [...this.#underWay.values()]) {
      if (now < flight.timeout_at) continue;
      if (flight.held !== undefined) {
        if (this.#port.isReady) this.#release(flight, flight.held, now);
        else flight.timeout_at = later(now, LISTEN_MS);
        continue;
      }
      this.#underWay.delete(flight.id);
      this.#account(flight, now);
      const fault = this.#port.abandon(flight.id, now);
      this.#onBadReply(flight, fault ?? { kind: 'timeout', text: 'no reply in time' }, now);
    }
  }

  #onBadReply(flight: Transaction, fault: FrameFault, now: Instant): void {
    const { entry, state } = flight;
    const { request, deadline } = entry.request;
    this.#errors += 1;
    this.#devices.onUnanswered(flight, fault.consumed === true, now);
    const reason = fault.kind;
    const dead = state.onFailure(reason, now);
    const attempts = entry.request.once === true ? 1 : READ_ATTEMPTS;
    const again = !dead && !isWrite(request) && entry.attempt < attempts && now < deadline;
    if (again) this.#queue.putBack({ ...entry, attempt: entry.attempt + 1 });
    else this.#reports.add(entry.request, failure(reason, fault.text, true));
    if (dead) this.#failWaiting(state, 'backoff', `${state.device.id} does not answer`);
  }

  #decode(flight: Transaction, adu: Uint8Array, sent_at: Instant, at: Instant): BusResult {
    const { request } = flight.entry.request;
    const reply = this.#codec.decode(flight.state.device.unit, request, adu);
    if (!reply.ok) {
      const text = `${describe(request)}: ${reply.text}`;
      // An exception shows only the function code, so any late one of the unit would fit.
      if (flight.taint.unit) return failure('ambiguous', text, true);
      if (reply.exception === undefined) return failure('invalid-reply', text, true);
      return { ok: false, reason: 'exception', text, exception: reply.exception, sent: true };
    }
    if (flight.taint.shape) {
      return failure('ambiguous', 'the reply may belong to an earlier request', true);
    }
    const roundTrip_ms = at - sent_at;
    const { registers } = reply;
    return { ok: true, registers, received_at: at, frame: adu, roundTrip_ms, sent_at };
  }

  #release(flight: Transaction, result: BusResult, now: Instant): void {
    this.#underWay.delete(flight.id);
    this.#account(flight, now);
    this.#conclude(flight, result, now);
  }

  #conclude(flight: Transaction, result: BusResult, now: Instant): void {
    const { state } = flight;
    if (!result.ok) {
      state.count(result.reason);
      this.#errors += 1;
      const { gatewayPath, gatewayTarget } = EXCEPTION_CODE;
      if (result.exception === gatewayPath || result.exception === gatewayTarget) {
        // The gateway answered for a device that did not.
        const dead = state.onFailure('timeout', now);
        if (dead) this.#failWaiting(state, 'backoff', `${state.device.id} does not answer`);
      }
    }
    this.#reports.add(flight.entry.request, result);
  }

  #refuse(request: BusRequest, state: DeviceState, now: Instant): void {
    const wait_s = Math.ceil(((state.nextProbe_at ?? now) - now) / 1000);
    state.count('backoff');
    this.#reports.fail(
      request,
      'backoff',
      `${state.device.id} is ${state.health}, next try in ${wait_s} s`,
    );
  }

  #failWaiting(state: DeviceState, reason: BusFailure, text: string): void {
    for (const entry of this.#queue.remove((other) => other.request.device === state.device.id)) {
      state.count(reason);
      this.#reports.fail(entry.request, reason, text);
    }
  }

  #account(flight: Transaction, now: Instant): void {
    const from = flight.sentEnd_at === undefined ? now : flight.sentEnd_at - flight.request_ms;
    const busy_ms = Math.max(0, now - from);
    flight.state.busy_ms += busy_ms;
    this.#busy_ms += busy_ms;
  }

  #finish(now: Instant): void {
    this.#reports.flush(now);
    this.#pump(now);
  }
}
