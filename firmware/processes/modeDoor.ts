/** What a person at the console may ask of the mode, and what of it outlives a restart. */
import { rm } from 'node:fs/promises';
import { authorize } from '../../src/access';
import type { PersonWish, SiteRuntime } from '../../src/runtime';
import type { Clock } from '../../src/time';
import { log } from './log';
import { persist } from './persist';
import { noted } from './stopNote';

export const MODE_WISHES = ['force-static', 'leave-static', 'acknowledge-stop', 'release'] as const;
export type ModeWish = (typeof MODE_WISHES)[number];

export interface ModeDoorParts {
  readonly runtime: { readonly persons: Pick<SiteRuntime['persons'], 'ask' | 'release'> };
  /** Exists while a person has forced static: a restart does not undo it. */
  readonly forcedFile: string;
  readonly clock: Clock;
}

interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

export class ModeDoor {
  private readonly parts: ModeDoorParts;
  /** Notes on disk are written in the order in which they were asked for. */
  private before: Promise<unknown> = Promise.resolve();
  /** How often static was forced: a leave that still waits for the disk is overtaken by a force. */
  private forces = 0;

  constructor(parts: ModeDoorParts) {
    this.parts = parts;
  }

  /** At start: what a person forced before goes on. */
  restore(): void {
    if (noted(this.parts.forcedFile))
      this.parts.runtime.persons.ask('force-static', 'a person before the restart');
  }

  async ask(wish: ModeWish, who: string): Promise<Answer> {
    const action = wish === 'force-static' ? 'force-static' : 'leave-static';
    // Whoever holds the console is a technician on site.
    const verdict = authorize({ who, role: 'field-tech' }, action, [], this.parts.clock.now());
    if (!verdict.allowed) return { ok: false, text: verdict.text };
    if (wish === 'release') return this.release(who);
    if (wish === 'force-static') {
      this.forces += 1;
      this.parts.runtime.persons.ask(wish, who);
    }
    const { forces } = this;
    const turn = this.before.then(() => this.keep(wish, who, forces));
    this.before = turn;
    return turn;
  }

  /** Less risk at once, the note of it afterwards; more risk only when the note is gone. */
  private async keep(wish: PersonWish, who: string, forces: number): Promise<Answer> {
    const { runtime, forcedFile } = this.parts;
    try {
      if (wish === 'force-static') await persist(forcedFile, who);
      else {
        if (wish === 'leave-static') await rm(forcedFile, { force: true });
        if (wish === 'leave-static' && forces !== this.forces)
          return { ok: false, text: 'not lifted: static was forced again meanwhile' };
        if (!runtime.persons.ask(wish, who))
          return { ok: false, text: 'too many wishes wait; try again in a second' };
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      log('site', `${forcedFile}: ${why}`);
      if (wish === 'leave-static') return { ok: false, text: `not lifted: ${why}` };
      return { ok: true, text: `${wish} asked, but a restart would forget it: ${why}` };
    }
    return { ok: true, text: `${wish} acts with the next cycle` };
  }

  private release(who: string): Answer {
    switch (this.parts.runtime.persons.release(who)) {
      case 'asked':
        return { ok: true, text: 'the latch is released with the next record' };
      case 'not-latched':
        return { ok: false, text: 'nothing is latched' };
      case 'supervisor-silent':
        return { ok: false, text: 'the supervisor does not answer; look at its log' };
    }
  }
}
