/** The last 128 round trips of a device: quantiles for people, the worst for timeouts. */

/** Samples kept: two minutes at one poll a second. */
export const LATENCY_SAMPLES = 128;

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export class LatencyWindow {
  #samples = new Float64Array(LATENCY_SAMPLES);
  #count = 0;
  #worst = 0;

  get count(): number {
    return this.#count;
  }

  add(value_ms: number): void {
    const slot = this.#count % LATENCY_SAMPLES;
    const leaving = this.#count >= LATENCY_SAMPLES ? (this.#samples[slot] ?? 0) : 0;
    this.#samples[slot] = value_ms;
    this.#count += 1;
    if (value_ms >= this.#worst) this.#worst = value_ms;
    else if (leaving >= this.#worst) this.#worst = Math.max(...this.#held());
  }

  /** Worst of the window, ms; with 128 samples an upper bound of p99. 0 when empty. */
  get worst(): number {
    return this.#worst;
  }

  /** undefined when empty. */
  quantiles(): Quantiles | undefined {
    const sorted = this.#held().slice().sort();
    if (sorted.length === 0) return undefined;
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }

  #held(): Float64Array {
    return this.#samples.subarray(0, Math.min(this.#count, LATENCY_SAMPLES));
  }
}
