import { later, passed } from '../time';
import type { Instant } from '../time';
import type { Request } from './dialect';

/** Calls waiting for one station; a station that answers slowly must not hold memory. */
export const MAX_WAITING = 16;
/** Longest wait for an answer. Real stations answer within a second, slow ones within five. */
const ANSWER_MS = 10_000;

/** A CALL towards a station. `purpose` says what its answer means to the session. */
export interface OutgoingCall<P> {
  readonly request: Request;
  readonly purpose: P;
  /** Safety calls (leases, floor, clear) pass all others. */
  readonly priority: 'safety' | 'normal';
  /** Not sent at or after this instant: a late lease would be a lie about its end. */
  readonly sendBy: Instant;
  /** Waiting calls with the same key are replaced by the newest. */
  readonly key?: string;
}

export interface SentCall<P> extends OutgoingCall<P> {
  readonly id: string;
  readonly answerBy: Instant;
}

/**
 * The one-outstanding-CALL rule of OCPP-J (1.6, 4.1.1) for one direction of one socket: a bounded
 * queue, safety first, each call with a deadline. It sends nothing itself.
 */
export class CallQueue<P> {
  private waiting: OutgoingCall<P>[] = [];
  private sent: SentCall<P> | undefined;

  /** Adds a call; the result are calls that were pushed out or refused, for their owners. */
  add(call: OutgoingCall<P>): readonly OutgoingCall<P>[] {
    const dropped: OutgoingCall<P>[] = [];
    if (call.key !== undefined) {
      this.waiting = this.waiting.filter((old) => old.key !== call.key);
    }
    if (this.waiting.length >= MAX_WAITING) {
      const victim = this.waiting.findIndex((old) => old.priority === 'normal');
      if (call.priority === 'normal' || victim < 0) return [call];
      dropped.push(...this.waiting.splice(victim, 1));
    }
    if (call.priority === 'safety') {
      const behind = this.waiting.findIndex((old) => old.priority === 'normal');
      this.waiting.splice(behind < 0 ? this.waiting.length : behind, 0, call);
    } else this.waiting.push(call);
    return dropped;
  }

  /** The next call to send now, if the socket is free. */
  next(id: () => string, now: Instant): SentCall<P> | undefined {
    if (this.sent !== undefined) return undefined;
    for (;;) {
      const call = this.waiting.shift();
      if (call === undefined) return undefined;
      if (passed(call.sendBy, now)) continue;
      this.sent = { ...call, id: id(), answerBy: later(now, ANSWER_MS) };
      return this.sent;
    }
  }

  /** The call this answer belongs to; undefined for an unsolicited or late answer. */
  answered(id: string): SentCall<P> | undefined {
    if (this.sent?.id !== id) return undefined;
    const call = this.sent;
    this.sent = undefined;
    return call;
  }

  /** The outstanding call when its answer is overdue; the socket is then free again. */
  overdue(now: Instant): SentCall<P> | undefined {
    if (this.sent === undefined || !passed(this.sent.answerBy, now)) return undefined;
    const call = this.sent;
    this.sent = undefined;
    return call;
  }

  get outstanding(): SentCall<P> | undefined {
    return this.sent;
  }

  /** Forgets everything: the socket is gone. */
  clear(): void {
    this.waiting = [];
    this.sent = undefined;
  }
}
