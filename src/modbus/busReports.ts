import type { Instant } from '../time';
import type { BusFailure, BusRequest, BusResult } from './bus';
import { failure } from './transaction';

/** Results on their way to whoever asked: each is reported once, never inside `submit`. */
export class BusReports {
  #settled: { readonly request: BusRequest; readonly result: BusResult }[] = [];
  #flushing = false;

  get pending(): number {
    return this.#settled.length;
  }

  /** Whether callbacks are running now. */
  get flushing(): boolean {
    return this.#flushing;
  }

  add(request: BusRequest, result: BusResult): void {
    this.#settled.push({ request, result });
  }

  /** A request that was not sent. */
  fail(request: BusRequest, reason: BusFailure, text: string): void {
    this.add(request, failure(reason, text, false));
  }

  /** Reports what is settled. What callbacks settle anew waits for the next time: no recursion. */
  flush(now: Instant): void {
    if (this.#flushing || this.#settled.length === 0) return;
    const settled = this.#settled;
    this.#settled = [];
    this.#flushing = true;
    try {
      for (const { request, result } of settled) request.onDone(result, now);
    } finally {
      this.#flushing = false;
    }
  }
}
