import { between, instant, later, type Instant } from '../../time';
import { character_ms, silence_ms } from '../../modbus';
import { SeededRandom } from './random';

/**
 * One pair of wires: who transmits when. Times are computed, never observed: a transmission of n
 * bytes that starts at s ends at s + n characters, and everything (collisions, t3.5, utilisation)
 * is judged on these times.
 */

export type Talker = 'client' | 'device';

export interface Transmission {
  readonly talker: Talker;
  /** Unit of the device, 0 for the client. */
  readonly unit: number;
  readonly start_at: Instant;
  readonly end_at: Instant;
  /** As sent, before noise. */
  readonly sent: Uint8Array;
  /** As heard by everyone else; what a collision leaves of it is settled only at `end_at`. */
  heard: Uint8Array;
  collided: boolean;
  /** Client only: it started less than t3.5 after the last byte on the wire. */
  readonly early: boolean;
}

export interface WireStatistics {
  /** Share of the time since creation in which characters were on the wire, 0..1. */
  readonly utilisation: number;
  readonly t35_violations: number;
  readonly collisions: number;
  /** Frames damaged by noise. */
  readonly errors: number;
  readonly transmissions: number;
}

/** Transmissions remembered to find overlaps; longer than any that can still be under way. */
const REMEMBERED = 32;
/** Rounding allowance when instants are compared, ms. */
const EPSILON_MS = 1e-6;

export class Wire {
  readonly character_ms: number;
  readonly silence_ms: number;
  /** Bit error rate applied to each frame, per data bit. */
  bitErrorRate = 0;
  readonly #random: SeededRandom;
  readonly #created_at: Instant;
  #recent: Transmission[] = [];
  #lastEnd_at: Instant | undefined;
  #busy_ms = 0;
  #early = 0;
  #collisions = 0;
  #errors = 0;
  #transmissions = 0;
  #onTransmission: ((transmission: Transmission) => void) | undefined;

  constructor(baud: number, seed: number, now: Instant) {
    this.character_ms = character_ms(baud);
    this.silence_ms = silence_ms(baud);
    this.#random = new SeededRandom(seed);
    this.#created_at = now;
  }

  /** Told of every transmission when it is put on the wire. */
  observe(observer: (transmission: Transmission) => void): void {
    this.#onTransmission = observer;
  }

  /** End of the last transmission, undefined when there was none. */
  get lastEnd_at(): Instant | undefined {
    return this.#lastEnd_at;
  }

  /** Puts bytes on the wire at `start_at`. */
  transmit(talker: Talker, unit: number, sent: Uint8Array, start_at: Instant): Transmission {
    const end_at = later(start_at, sent.length * this.character_ms);
    const gap_ms = this.#lastEnd_at === undefined ? Infinity : start_at - this.#lastEnd_at;
    const early = talker === 'client' && gap_ms < this.silence_ms - EPSILON_MS;
    const heard = this.#withNoise(sent);
    const collided = false;
    const own: Transmission = { talker, unit, start_at, end_at, sent, heard, collided, early };
    for (const other of this.#recent) {
      if (other.end_at - EPSILON_MS > start_at && other.start_at < end_at - EPSILON_MS) {
        this.#collide(own);
        this.#collide(other);
      }
    }
    this.#recent.push(own);
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
    if (this.#lastEnd_at === undefined || end_at > this.#lastEnd_at) {
      const from = Math.max(start_at, this.#lastEnd_at ?? start_at);
      this.#busy_ms += end_at - from;
      this.#lastEnd_at = end_at;
    }
    this.#transmissions += 1;
    if (early) this.#early += 1;
    this.#onTransmission?.(own);
    return own;
  }

  /** The client's adapter is gone: what it was sending reaches nobody whole. */
  cut(now: Instant): void {
    for (const transmission of this.#recent) {
      if (transmission.talker === 'client' && transmission.end_at > now) this.#damage(transmission);
    }
  }

  statistics(now: Instant): WireStatistics {
    const elapsed_ms = between(this.#created_at, now);
    return {
      utilisation: elapsed_ms > 0 ? Math.min(1, this.#busy_ms / elapsed_ms) : 0,
      t35_violations: this.#early,
      collisions: this.#collisions,
      errors: this.#errors,
      transmissions: this.#transmissions,
    };
  }

  /** When byte `index` (0-based) of a transmission is complete, on an adapter's `grid_ms`. Pure. */
  byteEnd_at(transmission: Transmission, index: number, grid_ms: number): Instant {
    const end_at = transmission.start_at + (index + 1) * this.character_ms;
    return instant(grid_ms > 0 ? Math.ceil(end_at / grid_ms) * grid_ms : end_at);
  }

  #collide(transmission: Transmission): void {
    if (transmission.collided) return;
    this.#collisions += 1;
    this.#damage(transmission);
  }

  #damage(transmission: Transmission): void {
    transmission.collided = true;
    const garbage = transmission.sent.slice();
    for (let i = 0; i < garbage.length; i += 1) {
      garbage[i] = (garbage[i] ?? 0) ^ (1 + this.#random.integer(255));
    }
    transmission.heard = garbage;
  }

  #withNoise(sent: Uint8Array): Uint8Array {
    if (this.bitErrorRate <= 0) return sent;
    let heard = sent;
    const bits = sent.length * 8;
    let bit = this.#random.geometric(this.bitErrorRate) - 1;
    while (bit < bits) {
      if (heard === sent) {
        heard = sent.slice();
        this.#errors += 1;
      }
      heard[bit >> 3] = (heard[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      bit += this.#random.geometric(this.bitErrorRate);
    }
    return heard;
  }
}
