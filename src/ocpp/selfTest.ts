import { later, passed } from '../time';
import type { Instant } from '../time';
import type { FoundAbilities } from './abilityBook';
import type { Request } from './dialect';
import type { JsonObject } from './frame';
import { selfTestScript } from './selfTestScript';
import type { Outcome, SelfTestOptions, TestedStation, Wish } from './selfTestScript';

/** An answer that has not come by then will not come. */
const ANSWER_MS = 15_000;
/** Clearing, reading back and perhaps writing the floor. */
const FLOOR_MS = 60_000;
/** The longest a self-test may hold a station at its floor. */
const LONGEST_MS = 30 * 60_000;
/** Lines of findings kept. */
const MAX_FINDINGS = 40;

export interface SelfTestReport {
  readonly station: string;
  readonly phase: 'running' | 'done' | 'aborted';
  /** What it does now, or why it ended; a wish to a person is in capitals. */
  readonly text: string;
  readonly findings: readonly string[];
  readonly found?: FoundAbilities;
}

/** What the run needs of the session, besides what the script sees. */
export interface SelfTestHost extends Omit<TestedStation, 'finding' | 'wall_ms'> {
  wall_ms(now: Instant): number;
  ask(request: Request, now: Instant): void;
  /** Takes test limits away and proves the floor anew. */
  toFloor(now: Instant): void;
}

/** One self-test of one station; ends by itself, by `abort`, or with the connection. */
export class SelfTest {
  private readonly host: SelfTestHost;
  private readonly script: Generator<Wish, FoundAbilities, Outcome>;
  private readonly end_at: Instant;
  private readonly found: string[] = [];
  private wish: Wish | undefined;
  private until: Instant;
  private at: Instant;
  private state: SelfTestReport;

  constructor(station: string, host: SelfTestHost, options: SelfTestOptions, now: Instant) {
    this.host = host;
    this.at = now;
    this.until = now;
    this.end_at = later(now, LONGEST_MS);
    const tested: TestedStation = {
      ...host,
      wall_ms: () => host.wall_ms(this.at),
      finding: (text) => {
        if (this.found.length < MAX_FINDINGS) this.found.push(text);
      },
    };
    this.script = selfTestScript(tested, options);
    this.state = { station, phase: 'running', text: 'starts', findings: [] };
  }

  get running(): boolean {
    return this.state.phase === 'running';
  }

  report(): SelfTestReport {
    return { ...this.state, findings: [...this.found] };
  }

  /** Begins; the station must be at its floor. */
  begin(now: Instant): void {
    this.become({ kind: 'floor', text: 'clears the limit and proves the floor' }, now);
  }

  /** The answer to a call of the test; undefined for an error or none. */
  answered(payload: JsonObject | undefined, now: Instant): void {
    if (this.wish?.kind !== 'ask') return;
    this.step(payload === undefined ? { met: false } : { payload, met: true }, now);
  }

  tick(now: Instant): void {
    if (!this.running) return;
    this.at = now;
    if (passed(this.end_at, now)) {
      this.abort('took longer than half an hour', now);
      return;
    }
    const { wish } = this;
    if (wish === undefined) return;
    const late = passed(this.until, now);
    switch (wish.kind) {
      case 'ask':
        if (!this.host.connected()) this.abort('the station disconnected', now);
        else if (late) this.step({ met: false }, now);
        return;
      case 'floor':
        if (this.host.floorVerified()) this.step({ met: true }, now);
        else if (late) this.abort('the station does not take its safe static limit', now);
        return;
      case 'until':
        if (wish.met()) this.step({ met: true }, now);
        else if (late) this.step({ met: false }, now);
    }
  }

  /** @param overwritten - a limit of the site follows at once and takes the test's place */
  abort(why: string, now: Instant, overwritten = false): void {
    if (!this.running) return;
    this.at = now;
    this.finish({ phase: 'aborted', text: why }, now, overwritten);
  }

  private step(outcome: Outcome, now: Instant): void {
    this.at = now;
    const next = this.script.next(outcome);
    if (next.done !== true) {
      this.become(next.value, now);
      return;
    }
    this.finish({ phase: 'done', text: 'finished', found: next.value }, now);
  }

  private become(wish: Wish, now: Instant): void {
    this.wish = wish;
    this.state = { ...this.state, text: wish.text };
    const most_ms = { ask: ANSWER_MS, floor: FLOOR_MS, until: 0 }[wish.kind];
    this.until = later(now, wish.kind === 'until' ? wish.most_s * 1000 : most_ms);
    if (wish.kind === 'ask') this.host.ask(wish.request, now);
    if (wish.kind === 'floor') this.host.toFloor(now);
  }

  private finish(
    end: Pick<SelfTestReport, 'phase' | 'text' | 'found'>,
    now: Instant,
    overwritten = false,
  ): void {
    this.wish = undefined;
    this.state = { ...this.state, ...end };
    this.script.return({ powerCycled: false });
    if (this.host.connected() && !overwritten) this.host.toFloor(now);
  }
}
