/** Notes on disk that a state goes on after a restart of the process. */
import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { log } from './log';
import { persist } from './persist';

/** Whether the note lies there; one that cannot be looked at counts as there. */
export function noted(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/**
 * Keeps the note of an emergency stop that nobody has acknowledged in step with the mode. A disk
 * that refuses is asked again with the next call; until then the note that lies there holds.
 */
export class StopNote {
  private readonly file: string;
  private kept: boolean;
  private busy = false;
  private said = '';

  constructor(file: string) {
    this.file = file;
    this.kept = noted(file);
  }

  /** At start: a stop from before. */
  standing(): boolean {
    return this.kept;
  }

  /** Called each cycle; does not wait for the disk. The promise is for tests. */
  async follow(unacknowledged: boolean): Promise<void> {
    if (this.busy || unacknowledged === this.kept) return;
    this.busy = true;
    try {
      if (unacknowledged) await persist(this.file, 'emergency stop not acknowledged\n');
      else await rm(this.file, { force: true });
      this.kept = unacknowledged;
      this.said = '';
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      if (why !== this.said) log('site', `${this.file}: a restart may forget the stop: ${why}`);
      this.said = why;
    } finally {
      this.busy = false;
    }
  }
}
