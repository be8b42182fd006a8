import { isoOf, timeOf } from './fields';
import type { CallFrame, ErrorFrame, ResultFrame } from './frame';

/** A time of the CPMS further from ours than this does not reach a station, ms. */
const MAX_OFF_MS = 2_000;

/**
 * The answer of a CPMS with our time in place of its own where that is too far off: leases are
 * written in our time and end by the station's clock, so that nobody else may turn it. The same
 * object when nothing had to change; an unreadable time is left to the schema. Pure.
 */
export function withOurTime(
  call: CallFrame,
  reply: ResultFrame | ErrorFrame,
  wall_ms: number,
): ResultFrame | ErrorFrame {
  if (call.action !== 'BootNotification' && call.action !== 'Heartbeat') return reply;
  const told_ms = reply.type === 'result' ? timeOf(reply.payload, 'currentTime') : undefined;
  if (reply.type === 'error' || told_ms === undefined) return reply;
  if (Math.abs(told_ms - wall_ms) <= MAX_OFF_MS) return reply;
  const payload = { ...reply.payload, currentTime: isoOf(wall_ms) };
  return { type: 'result', id: reply.id, payload };
}
