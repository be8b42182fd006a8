import { later, passed } from '../time';
import type { Instant } from '../time';
import type { CallFrame } from './frame';

/** Time that a station's first messages wait for the CPMS socket that is being opened for it. */
const HOLD_MS = 2_000;
/** A station has one call outstanding; the rest of the room is for ill-mannered ones. */
const MAX_HELD = 8;
/** Connectors whose last status is kept. */
const MAX_STATUSES = 64;

/**
 * Messages of a station that has just connected: its boot is for the CPMS to answer, and the
 * socket to the CPMS opens a moment later.
 */
export class HeldCalls {
  private until: Instant | undefined;
  private calls: CallFrame[] = [];

  begin(now: Instant): void {
    this.until = later(now, HOLD_MS);
  }

  /** Whether the call was taken; if not it must be dealt with now. */
  hold(call: CallFrame): boolean {
    if (this.until === undefined || this.calls.length >= MAX_HELD) return false;
    this.calls.push(call);
    return true;
  }

  due(now: Instant): boolean {
    return this.until !== undefined && passed(this.until, now);
  }

  /** Ends the waiting; the result is what waited, in order. */
  release(): readonly CallFrame[] {
    this.until = undefined;
    return this.calls.splice(0);
  }
}

/** The newest StatusNotification of each connector while the CPMS is away. */
export class LatestStatuses {
  /** Only while there is one: most stations never need it. */
  private calls: Map<string, CallFrame> | undefined;

  keep(call: CallFrame): void {
    const { connectorId, evseId } = call.payload;
    const key = `${String(evseId)}/${String(connectorId)}`;
    this.calls ??= new Map();
    if (this.calls.size < MAX_STATUSES || this.calls.has(key)) this.calls.set(key, call);
  }

  take(): readonly CallFrame[] {
    const taken = [...(this.calls?.values() ?? [])];
    this.calls = undefined;
    return taken;
  }
}
