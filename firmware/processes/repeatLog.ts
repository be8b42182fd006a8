import { type Clock, later, type Timers } from '../../src/time';

export interface RepeatLogParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly say: (text: string) => void;
}

/** Repeats within this time are one line. */
const WINDOW_MS = 60_000;
/** Different texts of one subject within a window; the rest are told as one. */
const MAX_TEXTS = 8;
const MORE = 'more different messages than are told one by one';

interface Told {
  text: string;
  count: number;
  first_ms: number;
  last_ms: number;
}

/**
 * A log in which something that repeats itself cannot flood: the first of a text is said at once,
 * its repeats within a minute as one line with count, first and last (as INV-5 has it for records).
 * Texts that differ only in numbers are the same. Subjects must be bounded by the caller (buses of
 * the site file); each has room of its own, so that none hides another.
 */
export class RepeatLog {
  readonly #parts: RepeatLogParts;
  readonly #told = new Map<string, Map<string, Told>>();

  constructor(parts: RepeatLogParts) {
    this.#parts = parts;
  }

  tell(subject: string, text: string): void {
    const texts = this.#told.get(subject) ?? new Map<string, Told>();
    this.#told.set(subject, texts);
    const key = text.replace(/\d+/g, '#');
    const full = !texts.has(key) && texts.size >= MAX_TEXTS;
    this.#take(texts, full ? MORE : key, full ? MORE : text);
  }

  /** What comes next of `subject` is news, whatever was said before; what was counted is said. */
  beginAnew(subject: string): void {
    for (const told of this.#told.get(subject)?.values() ?? []) this.#sum(told);
    this.#told.delete(subject);
  }

  #take(texts: Map<string, Told>, key: string, text: string): void {
    const wall_ms = this.#parts.clock.wall_ms();
    const told = texts.get(key);
    if (told === undefined) {
      const first = { text, count: 0, first_ms: wall_ms, last_ms: wall_ms };
      texts.set(key, first);
      this.#parts.say(text);
      this.#closeLater(texts, key, first);
      return;
    }
    if (told.count === 0) told.first_ms = wall_ms;
    told.count += 1;
    told.last_ms = wall_ms;
    told.text = text;
  }

  /** What repeats goes on as one line a minute; what has stopped is news when it comes again. */
  #closeLater(texts: Map<string, Told>, key: string, told: Told): void {
    const { clock, timers } = this.#parts;
    timers.at(later(clock.now(), WINDOW_MS), () => {
      if (told.count === 0) {
        texts.delete(key);
        return;
      }
      this.#sum(told);
      this.#closeLater(texts, key, told);
    });
  }

  #sum(told: Told): void {
    const { text, count, first_ms, last_ms } = told;
    if (count === 0) return;
    this.#parts.say(`${text} (again ${count} x, ${time(first_ms)} to ${time(last_ms)})`);
    told.count = 0;
  }
}

const time = (wall_ms: number): string => new Date(wall_ms).toISOString().slice(11, 19);
