import { type ChainPosition, encodeRecord, type Hash } from './record';

export interface JournalOptions {
  /** A segment is closed when it would grow beyond this, bytes. */
  readonly segmentMax_bytes: number;
  /** Oldest segments are dropped beyond this many. */
  readonly segmentsMax: number;
}

/** What the store must do to make one append durable, in this order. */
export interface AppendPlan {
  /** File to append to; when `create` is set it must not exist yet. */
  readonly segment: string;
  readonly create: boolean;
  readonly bytes: Uint8Array;
  /** Durable bytes of the segment before this append; a failed one is cut back to it. */
  readonly offset: number;
  /** Segments to delete afterwards, oldest first. */
  readonly drop: readonly string[];
  readonly position: ChainPosition;
}

/** `journal-000000000042.hfj`: the sequence of the segment's first record. Pure. */
export const segmentName = (first: number): string =>
  `journal-${first.toString().padStart(12, '0')}.hfj`;

/** The first sequence in a segment's name, or undefined for another file. Pure. */
export function segmentSequence(name: string): number | undefined {
  const digits = /^journal-(\d{12})\.hfj$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Plans appends; the store carries them out and reports back with `done`. */
export class JournalWriter {
  private position: ChainPosition;
  private segments: readonly string[];
  private size: number;
  private readonly hash: Hash;
  private readonly options: JournalOptions;

  constructor(
    start: { position: ChainPosition; segments: readonly string[]; size: number },
    hash: Hash,
    options: JournalOptions,
  ) {
    this.position = start.position;
    this.segments = start.segments;
    this.size = start.size;
    this.hash = hash;
    this.options = options;
  }

  /** Plans one record; nothing changes until `done(plan)`. */
  plan(payload: Uint8Array): AppendPlan {
    const { bytes, position } = encodeRecord(this.position, payload, this.hash);
    const last = this.segments.at(-1);
    const fits = last !== undefined && this.size + bytes.length <= this.options.segmentMax_bytes;
    const segment = fits ? last : segmentName(position.sequence);
    const all = fits ? this.segments : [...this.segments, segment];
    const drop = all.slice(0, Math.max(0, all.length - this.options.segmentsMax));
    return { segment, create: !fits, bytes, offset: fits ? this.size : 0, drop, position };
  }

  /** The plan is durable; the chain moves on. */
  done(plan: AppendPlan): void {
    this.position = plan.position;
    this.size = plan.create ? plan.bytes.length : this.size + plan.bytes.length;
    const all = plan.create ? [...this.segments, plan.segment] : this.segments;
    this.segments = all.filter((s) => !plan.drop.includes(s));
  }

  /** Count and hash of the last durable record. */
  head(): ChainPosition {
    return this.position;
  }
}
