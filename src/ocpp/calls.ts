import { between, later, passed } from '../time';
import type { Instant } from '../time';
import type { Request } from './dialect';

/** Calls waiting for one station; a station that answers slowly must not hold memory. */
export const MAX_WAITING = 16;
/** Longest wait for an answer. Real stations answer within a second, slow ones within five. */
const ANSWER_MS = 10_000;
/** A safety call does not wait longer for the answer to somebody else's call. */
const YIELD_MS = 4_000;

/** A CALL towards a peer. `purpose` says what its answer means to the owner. */
export interface OutgoingCall<P> {
  readonly request: Request;
  readonly purpose: P;
  /** Safety calls (leases, floor, clear) pass all others. */
  readonly priority: 'safety' | 'normal';
  /** Not sent at or after this instant: a late lease would be a lie about its end. */
  readonly sendBy: Instant;
  /** Waiting calls with the same key are replaced by the newest. */
  readonly key?: string | undefined;
  /** The id and bytes of a relayed message; our own calls get an id when they are sent. */
  readonly relayed?: { readonly id: string; readonly raw?: string | undefined } | undefined;
  readonly answer_ms?: number | undefined;
}

export interface SentCall<P> extends OutgoingCall<P> {
  readonly id: string;
  readonly sent_at: Instant;
  readonly answerBy: Instant;
}

/**
 * The one-outstanding-CALL rule of OCPP-J (1.6, 4.1.1) for one direction of one socket: a bounded
 * queue, safety first, each call with a deadline. It sends nothing itself.
 *
 * A normal call whose answer takes long is parked while safety calls wait: they pass, other normal
 * ones do not, and its answer still counts until it is overdue. Else a CPMS that asks slow
 * questions could hold back a lower limit for as long as a question may take.
 */
export class CallQueue<P> {
  private waiting: OutgoingCall<P>[] = [];
  private sent: SentCall<P> | undefined;
  private parked: SentCall<P> | undefined;
  private lapsed: OutgoingCall<P>[] = [];

  /** Adds a call; those it pushes out (or itself, when refused) wait in `takeLapsed`. */
  add(call: OutgoingCall<P>): boolean {
    if (call.key !== undefined) this.withdraw(call.key);
    if (this.waiting.length >= MAX_WAITING) {
      const victim = this.waiting.findIndex((old) => old.priority === 'normal');
      if (call.priority === 'normal' || victim < 0) {
        this.lapsed.push(call);
        return false;
      }
      this.lapsed.push(...this.waiting.splice(victim, 1));
    }
    if (call.priority === 'safety') {
      const behind = this.waiting.findIndex((old) => old.priority === 'normal');
      this.waiting.splice(behind < 0 ? this.waiting.length : behind, 0, call);
    } else this.waiting.push(call);
    return this.lapsed.length === 0;
  }

  /** Takes back what waits under this key; nobody is told. */
  withdraw(key: string): void {
    this.waiting = this.waiting.filter((call) => call.key !== key);
  }

  /** The next call to send now, if the socket is free. */
  next(id: () => string, now: Instant): SentCall<P> | undefined {
    if (this.sent !== undefined) return undefined;
    if (this.parked !== undefined && this.waiting[0]?.priority !== 'safety') return undefined;
    for (;;) {
      const call = this.waiting.shift();
      if (call === undefined) return undefined;
      if (passed(call.sendBy, now)) {
        this.lapsed.push(call);
        continue;
      }
      // Field by field: a spread of objects of many shapes took as long as the whole guard.
      const { request, purpose, priority, sendBy, key, relayed, answer_ms } = call;
      const answerBy = later(now, answer_ms ?? ANSWER_MS);
      const sentId = relayed?.id ?? id();
      this.sent = {
        request,
        purpose,
        priority,
        sendBy,
        key,
        relayed,
        answer_ms,
        id: sentId,
        sent_at: now,
        answerBy,
      };
      return this.sent;
    }
  }

  /** The call this answer belongs to; undefined for an unsolicited or late answer. */
  answered(id: string): SentCall<P> | undefined {
    const call =
      this.sent?.id === id ? this.sent : this.parked?.id === id ? this.parked : undefined;
    this.end(call);
    return call;
  }

  private end(call: SentCall<P> | undefined): void {
    if (call === undefined) return;
    if (call === this.sent) this.sent = undefined;
    else this.parked = undefined;
  }

  /** Parks the outstanding call when it has kept a safety call waiting for too long. */
  yieldToSafety(now: Instant): void {
    const { sent } = this;
    if (sent?.priority !== 'normal' || this.parked !== undefined) return;
    if (this.waiting[0]?.priority !== 'safety' || between(sent.sent_at, now) < YIELD_MS) return;
    this.parked = sent;
    this.sent = undefined;
  }

  /** An outstanding call whose answer is overdue; its place is then free again. */
  overdue(now: Instant): SentCall<P> | undefined {
    const { parked, sent } = this;
    const late = [parked, sent].find((call) => call !== undefined && passed(call.answerBy, now));
    this.end(late);
    return late;
  }

  /** Calls that will never be sent: too late, pushed out or refused. Each is given out once. */
  takeLapsed(): readonly OutgoingCall<P>[] {
    if (this.lapsed.length === 0) return [];
    const lapsed = this.lapsed;
    this.lapsed = [];
    return lapsed;
  }

  get idle(): boolean {
    return this.sent === undefined && this.parked === undefined && this.waiting.length === 0;
  }

  /** Forgets everything, because the socket is gone; the result is what was forgotten. */
  clear(): readonly OutgoingCall<P>[] {
    const outstanding = [this.parked, this.sent].filter((call) => call !== undefined);
    const forgotten = [...outstanding, ...this.waiting];
    this.waiting = [];
    this.sent = undefined;
    this.parked = undefined;
    return forgotten;
  }
}
