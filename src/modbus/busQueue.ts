import type { Instant } from '../time';
import type { BusPriority, BusRequest } from './bus';

/**
 * The waiting requests of one bus: five levels, first in first out inside a level, latest wins in a
 * group. Two exceptions to strict priority keep slow values alive under full load: while such a
 * request waits, every 9th transaction is of level 3 and every 50th of level 4 (at least 10 % and
 * 2 %). Level 0 is never passed over.
 */

/** Waiting requests of one bus; more than a site polls in a minute. Beyond it see `admit`. */
export const QUEUE_LIMIT = 1024;
const LEVEL_3_TURN = 9;
const LEVEL_4_TURN = 50;

export interface Waiting {
  readonly request: BusRequest;
  readonly attempt: number;
  readonly shapeKey: number;
}

export class BusQueue {
  #levels: [Waiting[], Waiting[], Waiting[], Waiting[], Waiting[]] = [[], [], [], [], []];
  #size = 0;
  #sinceLevel3 = 0;
  #sinceLevel4 = 0;
  #earliestDeadline = Infinity;

  get size(): number {
    return this.#size;
  }

  /** No deadline of a waiting request lies before it; Infinity when there is none. */
  get earliestDeadline(): number {
    return this.#earliestDeadline;
  }

  /**
   * Adds a request. Returns those that lost their place: the one it supersedes in its group, the
   * latest of the lowest level when the queue is full, or the new one itself.
   */
  admit(entry: Waiting): { readonly entry: Waiting; readonly why: 'superseded' | 'queue-full' }[] {
    const superseded = this.#supersede(entry);
    if (superseded !== undefined) return [{ entry: superseded, why: 'superseded' }];
    if (this.#size >= QUEUE_LIMIT) {
      const victim = this.#evictBelow(entry.request.priority);
      if (victim === undefined) return [{ entry, why: 'queue-full' }];
      this.#push(entry);
      return [{ entry: victim, why: 'queue-full' }];
    }
    this.#push(entry);
    return [];
  }

  /** Puts a request back at the head of its level, for a retry. */
  putBack(entry: Waiting): void {
    this.#levels[entry.request.priority].unshift(entry);
    this.#size += 1;
    this.#earliestDeadline = Math.min(this.#earliestDeadline, entry.request.deadline);
  }

  /** Takes the next request that `eligible` accepts, or undefined. */
  take(eligible: (entry: Waiting) => boolean): Waiting | undefined {
    for (const level of this.#order()) {
      const list = this.#levels[level];
      const index = list.findIndex(eligible);
      if (index < 0) continue;
      const [entry] = list.splice(index, 1);
      this.#size -= 1;
      this.#count(level);
      return entry;
    }
    return undefined;
  }

  /** Removes and returns all that `matches` accepts. */
  remove(matches: (entry: Waiting) => boolean): Waiting[] {
    const removed: Waiting[] = [];
    for (const list of this.#levels) {
      for (let i = list.length - 1; i >= 0; i -= 1) {
        const entry = list[i];
        if (entry !== undefined && matches(entry)) {
          list.splice(i, 1);
          removed.push(entry);
        }
      }
    }
    this.#size -= removed.length;
    this.#recompute();
    return removed.reverse();
  }

  /** Removes and returns what must no longer be sent at `now`. */
  expire(now: Instant): Waiting[] {
    if (now < this.#earliestDeadline) return [];
    return this.remove((entry) => now >= entry.request.deadline);
  }

  #push(entry: Waiting): void {
    this.#levels[entry.request.priority].push(entry);
    this.#size += 1;
    this.#earliestDeadline = Math.min(this.#earliestDeadline, entry.request.deadline);
  }

  /** The newcomer takes the place of the old one, unless it now belongs to another level. */
  #supersede(entry: Waiting): Waiting | undefined {
    const { device, group, priority } = entry.request;
    if (group === undefined) return undefined;
    for (const list of this.#levels) {
      const index = list.findIndex(
        (other) => other.request.group === group && other.request.device === device,
      );
      const old = list[index];
      if (old === undefined) continue;
      if (old.request.priority === priority) list[index] = entry;
      else {
        list.splice(index, 1);
        this.#levels[priority].push(entry);
      }
      this.#recompute();
      return old;
    }
    return undefined;
  }

  #evictBelow(priority: BusPriority): Waiting | undefined {
    for (let level = 4; level > priority; level -= 1) {
      const victim = this.#levels[level]?.pop();
      if (victim !== undefined) {
        this.#size -= 1;
        return victim;
      }
    }
    return undefined;
  }

  #order(): readonly BusPriority[] {
    if (this.#sinceLevel4 >= LEVEL_4_TURN - 1) return [0, 4, 1, 2, 3];
    if (this.#sinceLevel3 >= LEVEL_3_TURN - 1) return [0, 3, 1, 2, 4];
    return [0, 1, 2, 3, 4];
  }

  #count(level: BusPriority): void {
    this.#sinceLevel3 = level === 3 || this.#levels[3].length === 0 ? 0 : this.#sinceLevel3 + 1;
    this.#sinceLevel4 = level === 4 || this.#levels[4].length === 0 ? 0 : this.#sinceLevel4 + 1;
  }

  #recompute(): void {
    let earliest = Infinity;
    for (const list of this.#levels) {
      for (const entry of list) earliest = Math.min(earliest, entry.request.deadline);
    }
    this.#earliestDeadline = earliest;
  }
}
