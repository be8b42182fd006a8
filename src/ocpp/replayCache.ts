import type { CallFrame, Frame } from './frame';

/** Answers remembered per station; a station repeats its last unanswered message, not older ones. */
const SIZE = 32;

/** Messages with an effect. A repeated Heartbeat wants the present time, not a past one. */
const REMEMBERED: ReadonlySet<string> = new Set([
  'StartTransaction',
  'StopTransaction',
  'TransactionEvent',
  'DataTransfer',
  'SignCertificate',
]);

/**
 * Remembers answers by message id and content, so that a repeated CALL (its answer was lost, or an
 * attacker recorded it) gets the same answer and no second effect.
 */
export class ReplayCache {
  /** Only once there is one to remember. */
  private answers: Map<string, { readonly key: string; readonly reply: Frame }> | undefined;

  find(call: CallFrame): Frame | undefined {
    const entry = this.answers?.get(call.id);
    // Most ids are new; only a known one is worth the text of its message.
    if (entry === undefined) return undefined;
    return entry.key === keyOf(call) ? entry.reply : undefined;
  }

  remember(call: CallFrame, reply: Frame): void {
    if (!REMEMBERED.has(call.action)) return;
    this.answers ??= new Map();
    this.answers.delete(call.id);
    this.answers.set(call.id, { key: keyOf(call), reply });
    if (this.answers.size > SIZE) {
      const [oldest] = this.answers.keys();
      if (oldest !== undefined) this.answers.delete(oldest);
    }
  }

  /** After a reboot many stations count their message ids from one again. */
  clear(): void {
    this.answers = undefined;
  }
}

const keyOf = (call: CallFrame): string => call.raw ?? call.action + JSON.stringify(call.payload);
