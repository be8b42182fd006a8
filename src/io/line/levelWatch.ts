import { between, type Instant, later } from '../../time';

/**
 * State of a contact. `unknown`: it cannot be read. `starting`: its program has just been started
 * for the first time. `not-wired`: an emulated one without a file.
 */
export type InputState = 'open' | 'closed' | 'unknown' | 'starting' | 'not-wired';

/** What the owner of the program has to do now. */
export type WatchEffect = 'start' | 'stop' | undefined;

/** The program says its level each 200 ms; five of them missed is no hiccup. */
const SILENT_ms = 1000;
/** Time in which this process did not listen itself counts as silence for so much at most. */
const STEP_MAX_ms = 400;
/** A program that ended is started again after this, and after twice as much each time. */
const WAIT_FIRST_ms = 500;
const WAIT_MAX_ms = 30_000;
/** One that has run well for so long starts again with the shortest wait. */
const STEADY_ms = 60_000;

const ZERO = 0x30;
const ONE = 0x31;

/**
 * What is known from the bytes of a program that prints a level, and when that program must be
 * started or ended. No clock, no process: both are the caller's.
 *
 * Cases: it prints '0' or '1' (open, closed); anything else, silence of more than a second, or its
 * end make the state unknown at once. At most one program at a time: the next is started only when
 * the end of the last was told by `ended`.
 */
export class LevelWatch {
  private phase: 'waiting' | 'running' | 'stopping' = 'waiting';
  private now_: InputState = 'starting';
  private readonly seen_ = new Set<InputState>();
  private quiet_ms = 0;
  private looked_at: Instant;
  private start_at: Instant;
  private started_at: Instant;
  private wait_ms = WAIT_FIRST_ms;
  private why_: string | undefined;

  constructor(now: Instant) {
    this.looked_at = now;
    this.start_at = now;
    this.started_at = now;
  }

  state(): InputState {
    return this.now_;
  }

  /** Each state since this was last asked, however short, the present one included. */
  seen(): readonly InputState[] {
    const all = [...new Set([...this.seen_, this.now_])];
    this.seen_.clear();
    return all;
  }

  /** Why nothing is known; absent while something is. */
  why(): string | undefined {
    return this.why_;
  }

  /** How long until the next start at the earliest, after `ended`. */
  nextStart(): Instant {
    return this.start_at;
  }

  /** Bytes of the program, in their order. */
  heard(bytes: Uint8Array, now: Instant): WatchEffect {
    if (this.phase !== 'running' || bytes.length === 0) return undefined;
    this.quiet_ms = 0;
    this.looked_at = now;
    for (const byte of bytes) {
      if (byte !== ZERO && byte !== ONE) return this.stop('it prints something that is no level');
      this.become(byte === ONE ? 'closed' : 'open');
    }
    this.why_ = undefined;
    return undefined;
  }

  /** The program is dying: nothing it may still say counts. `ended` follows. */
  lost(): void {
    if (this.phase !== 'running') return;
    this.phase = 'stopping';
    this.why_ = undefined;
    this.become('unknown');
  }

  /** The program is gone, or could not be started. */
  ended(why: string, now: Instant): void {
    // What made us stop it says more than how it ended then.
    if (this.phase !== 'stopping' || this.why_ === undefined) this.why_ = why;
    this.become('unknown');
    this.phase = 'waiting';
    this.start_at = later(now, this.wait_ms);
    this.wait_ms = Math.min(2 * this.wait_ms, WAIT_MAX_ms);
  }

  /** To be called a few times a second. */
  tick(now: Instant): WatchEffect {
    const step_ms = Math.min(between(this.looked_at, now), STEP_MAX_ms);
    this.looked_at = now;
    if (this.phase === 'waiting' && now >= this.start_at) {
      this.phase = 'running';
      this.quiet_ms = 0;
      this.started_at = now;
      return 'start';
    }
    if (this.phase !== 'running') return undefined;
    this.quiet_ms += step_ms;
    if (this.quiet_ms > SILENT_ms) return this.stop('it is silent');
    if (between(this.started_at, now) >= STEADY_ms) this.wait_ms = WAIT_FIRST_ms;
    return undefined;
  }

  private stop(why: string): WatchEffect {
    this.phase = 'stopping';
    this.why_ = why;
    this.become('unknown');
    return 'stop';
  }

  private become(state: InputState): void {
    this.now_ = state;
    this.seen_.add(state);
  }
}
