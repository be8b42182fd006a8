import { later, type Instant } from '../time';
import type { BusFailure, BusResult } from './bus';
import type { Waiting } from './busQueue';
import type { DeviceState } from './deviceState';
import type { FramePort } from './framePort';

const TIMEOUT_MIN_MS = 100;
const TIMEOUT_MAX_MS = 2000;
/** Turnaround allowed at least on TCP, where gateways queue. */
const TCP_ALLOWANCE_MS = 1000;

/** A request that was handed to the port. */
export interface Transaction {
  readonly id: number;
  readonly entry: Waiting;
  readonly state: DeviceState;
  readonly handed_at: Instant;
  readonly request_ms: number;
  readonly reply_ms: number;
  readonly taint: { readonly unit: boolean; readonly shape: boolean };
  sentEnd_at: Instant | undefined;
  timeout_at: Instant;
  /** The answer of a distrusted unit, kept back until `timeout_at` in case a second one follows. */
  held: BusResult | undefined;
}

/**
 * When to give up: the reply's wire time plus the device's allowance, the whole transaction clamped
 * to 0.1..2 s. Pure.
 */
export function timeoutAt(transaction: Transaction, ends_at: Instant, port: FramePort): Instant {
  const { state, request_ms, reply_ms } = transaction;
  const allowance_ms = port.correlates
    ? Math.max(TCP_ALLOWANCE_MS, state.allowance_ms)
    : state.allowance_ms + port.wire.latency_ms;
  const total_ms = request_ms + reply_ms + allowance_ms;
  const clamped_ms = Math.min(TIMEOUT_MAX_MS, Math.max(TIMEOUT_MIN_MS, total_ms));
  return later(ends_at, clamped_ms - request_ms);
}

/** A result without an answer. Pure. */
export function failure(reason: BusFailure, text: string, sent: boolean): BusResult {
  return { ok: false, reason, text, sent };
}
