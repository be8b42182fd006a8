import type { Bus, BusResult, ReadBitsRequest, ReadRequest } from '../modbus';
import type { Mode } from '../model';
import { between, type Clock, type Instant, later, type Timers } from '../time';
import type { AuditPort } from './ports';

/**
 * A bus in the hands of a technician at the console. At the line's own settings it is asked beside
 * the control loop: last in the queue, one question at a time, for a small share of its time. At
 * other settings it is lent: only in mode `service`, after every device on it is at static, and for
 * a bounded time. Whatever ends a loan (the console closes or falls silent, the mode changes, the
 * time is up), the line's own settings come back, polling goes on, and the devices show their
 * identity again before anything is written to them.
 */

/** A setting of a serial line. */
export interface LineSetting {
  readonly baud: number;
  readonly parity: 'none' | 'even' | 'odd';
}

/** One line that can be used and lent. */
export interface ToolLine {
  readonly key: string;
  readonly bus: Bus;
  /** Absent on TCP: nothing there can be set otherwise. */
  readonly own?: LineSetting;
  /** A bus at another setting, nothing but reads of the console on it. Opens the port. */
  readonly probe: (setting: LineSetting) => Bus;
  /** Gives the bus a fresh port at the line's own settings. */
  readonly restore: () => void;
  /** Why a device on it may still be above static; undefined when none is. */
  readonly notYetStatic: (now: Instant) => string | undefined;
}

export interface LoanParts {
  readonly line: ToolLine;
  readonly who: string;
  readonly source: string;
  readonly mode: () => Mode;
  /** Whether the open service session allows work on a bus. */
  readonly mayChange: () => boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly audit: AuditPort;
  /** Told each time the phase changes, in words. */
  readonly onPhase: (phase: LoanPhase, text: string) => void;
}

/** `visiting`: own settings · `to-static` and `lent`: other settings · `ended` for good. */
export type LoanPhase = 'visiting' | 'to-static' | 'lent' | 'ended';

export const LOAN_LIMITS = {
  /** A console that says nothing for so long is gone. */
  beat_ms: 3000,
  /** Longest time a line is away from its devices. */
  lent_ms: 15 * 60_000,
  /** Longest wait for static; the longest lease ends within it. */
  static_ms: 10 * 60_000,
  /** Share of the bus that visits may take. */
  share: 0.2,
  /** Questions that may wait. */
  waiting: 8,
} as const;

/** How often the conditions of a loan are looked at. */
const LOOK_ms = 250;
const VISIT_ms = 5000;
/** A port that was just set otherwise is given this long to open. */
const OPEN_ms = 3000;
const REOPEN_LOOK_ms = 50;

type Ask = ReadRequest | ReadBitsRequest;
interface Question {
  readonly unit: number;
  readonly request: Ask;
  readonly done: (result: BusResult) => void;
}

export class BusLoan {
  private readonly parts: LoanParts;
  private phase: LoanPhase = 'visiting';
  private wanted: LineSetting | undefined;
  private probe: Bus | undefined;
  private since: Instant;
  private lent_at: Instant | undefined;
  private beat_at: Instant;
  private readonly waiting: Question[] = [];
  private visited = false;
  private asked: Question | undefined;
  private notBefore: Instant;
  private cancel: () => void = () => undefined;
  private cancelNext: () => void = () => undefined;
  private readonly strayBefore: number;

  constructor(parts: LoanParts) {
    this.parts = parts;
    const now = parts.clock.now();
    this.since = now;
    this.beat_at = now;
    this.notBefore = now;
    this.strayBefore = parts.line.bus.statistics().strayBytes;
    this.look();
  }

  current(): LoanPhase {
    return this.phase;
  }

  /** The console lives. */
  beat(): void {
    this.beat_at = this.parts.clock.now();
  }

  /** Bytes since the start that belonged to no answer, on the port used now. */
  strayBytes(): number {
    if (this.probe !== undefined) return this.probe.statistics().strayBytes;
    return this.parts.line.bus.statistics().strayBytes - this.strayBefore;
  }

  /**
   * Wants the line at `setting`; a sentence when that is refused. The phase says when it is there.
   * The line's own setting ends a loan.
   */
  set(setting: LineSetting): string | undefined {
    const { line, audit, who } = this.parts;
    const { own } = line;
    if (this.phase === 'ended') return 'this use of the bus has ended';
    if (own === undefined) return `${line.key} is no serial line: it has no baud rate or parity`;
    if (setting.baud === own.baud && setting.parity === own.parity) {
      if (this.wanted !== undefined) this.giveBack('the own settings are wanted again');
      this.move('visiting', 'at the settings of the site file');
      return undefined;
    }
    const no = this.refusal();
    if (no !== undefined) return no;
    this.wanted = setting;
    if (this.phase === 'lent') {
      this.openProbe(setting);
      return undefined;
    }
    const text = `${who} wants ${line.key} at ${setting.baud} ${setting.parity}`;
    audit.append({ kind: 'human', subject: line.key, text });
    this.since = this.parts.clock.now();
    this.move('to-static', 'waiting until every device on the bus is at static');
    return undefined;
  }

  /** One read; fails at once when too many wait or the line is on its way elsewhere. */
  ask(unit: number, request: Ask): Promise<BusResult> {
    const no = (text: string): BusResult => ({ ok: false, reason: 'denied', text, sent: false });
    if (this.phase === 'ended') return Promise.resolve(no('this use of the bus has ended'));
    if (this.phase === 'to-static') return Promise.resolve(no('the bus is not lent yet'));
    if (this.waiting.length >= LOAN_LIMITS.waiting)
      return Promise.resolve(no(`${LOAN_LIMITS.waiting} questions wait already`));
    return new Promise((resolve) => {
      this.waiting.push({ unit, request, done: resolve });
      this.next();
    });
  }

  /** Ends it, whatever it was doing; safe to call twice. */
  end(why: string): void {
    if (this.phase === 'ended') return;
    this.cancel();
    this.cancelNext();
    if (this.wanted !== undefined) this.giveBack(why);
    // Who only listened has visited nothing: a visit that goes on is another console's.
    if (this.visited) this.parts.line.bus.endVisits();
    this.move('ended', why);
    const left = [...(this.asked === undefined ? [] : [this.asked]), ...this.waiting.splice(0)];
    this.asked = undefined;
    for (const { done } of left)
      done({ ok: false, reason: 'disconnected', text: why, sent: false });
  }

  private next(): void {
    const [question] = this.waiting;
    const { clock, timers } = this.parts;
    const now = clock.now();
    if (this.asked !== undefined || question === undefined) return;
    if (this.phase === 'visiting' && now < this.notBefore) {
      this.cancelNext();
      this.cancelNext = timers.at(this.notBefore, () => this.next());
      return;
    }
    const bus = this.probe ?? this.parts.line.bus;
    if (this.probe?.statistics().open === false && between(this.since, now) < OPEN_ms) {
      this.cancelNext();
      this.cancelNext = timers.at(later(now, REOPEN_LOOK_ms), () => this.next());
      return;
    }
    this.waiting.shift();
    this.asked = question;
    this.visited = true;
    const before_ms = bus.statistics().visits_ms;
    bus.visit({
      unit: question.unit,
      request: question.request,
      source: this.parts.source,
      deadline: later(now, VISIT_ms),
      onDone: (result, at) => {
        if (this.asked !== question) return;
        this.asked = undefined;
        const used_ms = bus.statistics().visits_ms - before_ms;
        this.notBefore = later(at, (used_ms * (1 - LOAN_LIMITS.share)) / LOAN_LIMITS.share);
        question.done(result);
        this.next();
      },
    });
  }

  private look(): void {
    const { clock, timers } = this.parts;
    const now = clock.now();
    if (between(this.beat_at, now) >= LOAN_LIMITS.beat_ms)
      return this.end('the console is silent: it was closed or killed');
    if (this.wanted !== undefined) {
      const no = this.refusal();
      if (no !== undefined) return this.end(no);
      this.advance(this.wanted, now);
    }
    if (this.phase !== 'ended') this.cancel = timers.at(later(now, LOOK_ms), () => this.look());
  }

  private advance(wanted: LineSetting, now: Instant): void {
    const { line } = this.parts;
    const lasted_ms = between(this.since, now);
    if (this.phase === 'lent') {
      if (between(this.lent_at ?? now, now) >= LOAN_LIMITS.lent_ms)
        this.end('the longest time of a loan is over');
      return;
    }
    const still = line.notYetStatic(now);
    if (still === undefined) return this.lend(wanted, now);
    if (lasted_ms >= LOAN_LIMITS.static_ms) this.end(`not lent: ${still}`);
    else this.parts.onPhase('to-static', still);
  }

  private lend(setting: LineSetting, now: Instant): void {
    const { line, audit, who } = this.parts;
    line.bus.suspend(`lent to ${who}`);
    const text = `lent to ${who} at ${setting.baud} ${setting.parity}; polling stopped`;
    audit.append({ kind: 'human', subject: line.key, text });
    this.lent_at = now;
    this.openProbe(setting);
  }

  private openProbe(setting: LineSetting): void {
    this.probe?.stop();
    this.probe = this.parts.line.probe(setting);
    this.since = this.parts.clock.now();
    this.move('lent', `at ${setting.baud} ${setting.parity}`);
  }

  private giveBack(why: string): void {
    const { line, audit } = this.parts;
    this.wanted = undefined;
    if (this.probe === undefined) return;
    this.probe.stop();
    this.probe = undefined;
    line.restore();
    const text = `restored to its own settings: ${why}`;
    audit.append({ kind: 'human', subject: line.key, text });
  }

  private refusal(): string | undefined {
    const mode = this.parts.mode();
    if (mode !== 'service')
      return `other line settings need mode service, the site is in ${mode}: holdfast service open`;
    if (!this.parts.mayChange()) return 'the service session does not cover work on a bus';
    return undefined;
  }

  private move(phase: LoanPhase, text: string): void {
    this.phase = phase;
    this.parts.onPhase(phase, text);
  }
}
