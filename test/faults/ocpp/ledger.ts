import { isObject } from '../../unit/ocpp/bench';

interface Arrival {
  readonly id: string;
  readonly text: string;
}

/**
 * The witness between stations and CPMS: what stations sent, what was acknowledged to them, what
 * reached the CPMS, in which order, how often.
 */
export class Ledger {
  private readonly sent = new Map<string, string[]>();
  private readonly acknowledged = new Map<string, Set<string>>();
  private readonly arrived = new Map<string, Arrival[]>();

  stationSent(station: string, id: string): void {
    const list = this.sent.get(station) ?? [];
    if (!list.includes(id, Math.max(0, list.length - 50))) list.push(id);
    this.sent.set(station, list);
  }

  stationAcknowledged(station: string, id: string): void {
    const set = this.acknowledged.get(station) ?? new Set();
    set.add(id);
    this.acknowledged.set(station, set);
  }

  cpmsReceived(station: string, id: string, text: string): void {
    const list = this.arrived.get(station) ?? [];
    list.push({ id, text });
    this.arrived.set(station, list);
  }

  counts(): Readonly<Record<string, number>> {
    let acknowledged = 0;
    let lost = 0;
    let reordered = 0;
    let repeats = 0;
    let changed = 0;
    for (const [station, ids] of this.acknowledged) {
      const arrivals = this.arrived.get(station) ?? [];
      const texts = new Map<string, string>();
      const order: string[] = [];
      for (const { id, text } of arrivals) {
        const before = texts.get(id);
        if (before === undefined) order.push(id);
        else repeats += 1;
        if (before !== undefined && before !== text) changed += 1;
        texts.set(id, text);
      }
      acknowledged += ids.size;
      for (const id of ids) if (!texts.has(id)) lost += 1;
      reordered += inversions(this.sent.get(station) ?? [], order);
    }
    return { acknowledged, lost, reordered, repeats, repeats_changed: changed };
  }
}

/** Arrivals that came before one that was sent earlier. */
function inversions(sent: readonly string[], arrived: readonly string[]): number {
  const place = new Map(sent.map((id, i) => [id, i]));
  let highest = -1;
  let count = 0;
  for (const id of arrived) {
    const at = place.get(id) ?? -1;
    if (at < highest) count += 1;
    highest = Math.max(highest, at);
  }
  return count;
}

/** Messages that the promise is about. */
export function isBilling(action: string, payload: unknown): boolean {
  if (action === 'StartTransaction' || action === 'StopTransaction') return true;
  if (action === 'TransactionEvent') return true;
  return action === 'MeterValues' && isObject(payload) && payload['transactionId'] !== undefined;
}
