import type { CallFrame, JsonObject } from '../../ocpp';

/** Messages a station keeps while it is offline; the oldest readings go first. */
const MAX_KEPT = 1_000;

/** A payload, or how to make it when the message leaves. */
export type Payload = JsonObject | (() => JsonObject);

export interface OutgoingMessage {
  readonly id: string;
  readonly action: string;
  readonly payload: Payload;
  /** Billing data: kept over a lost connection and repeated with the same id and bytes. */
  readonly keep: boolean;
  readonly onResult?: (payload: JsonObject) => void;
}

/** A station's own CALLs: one outstanding, in order, transaction data kept while offline. */
export class MessageQueue {
  private waiting: OutgoingMessage[] = [];
  private sent: OutgoingMessage | undefined;

  push(message: OutgoingMessage): void {
    if (this.waiting.length >= MAX_KEPT) {
      const victim = this.waiting.findIndex((old) => old.action === 'MeterValues' || !old.keep);
      this.waiting.splice(Math.max(0, victim), 1);
    }
    this.waiting.push(message);
  }

  /** Puts a message before all others: a boot comes first. */
  first(message: OutgoingMessage): void {
    this.waiting.unshift(message);
  }

  next(): CallFrame | undefined {
    if (this.sent !== undefined) return undefined;
    const message = this.waiting.shift();
    if (message === undefined) return undefined;
    const { id, action } = message;
    const payload: JsonObject = isMaker(message.payload) ? message.payload() : message.payload;
    // A repetition carries the same bytes: what was made once stays.
    this.sent = { ...message, payload };
    return { type: 'call', id, action, payload };
  }

  /** The message that an answer belongs to. */
  answered(id: string): OutgoingMessage | undefined {
    if (this.sent?.id !== id) return undefined;
    const message = this.sent;
    this.sent = undefined;
    return message;
  }

  /** The connection is lost: what must not be lost goes back to the front. */
  disconnected(): void {
    const again = this.sent?.keep === true ? [this.sent] : [];
    this.sent = undefined;
    this.waiting = [...again, ...this.waiting.filter((message) => message.keep)];
  }

  get length(): number {
    return this.waiting.length + (this.sent === undefined ? 0 : 1);
  }
}

function isMaker(payload: Payload): payload is () => JsonObject {
  return typeof payload === 'function';
}
