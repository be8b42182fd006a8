/** The program `gpio-line`, built against a chip that is a file (firmware/gpio-line/fake-chip.h). */
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';

const SOURCE = path.join(__dirname, '..', '..', '..', 'firmware', 'gpio-line', 'gpio-line.c');
const FLAGS = ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Werror', '-std=gnu11', '-O2'];

/** Undefined where there is none; tests then say so and are skipped. */
export const compiler = ['cc', 'gcc'].find((c) => spawnSync('which', [c]).status === 0);

/** Builds it into a folder: `gpio-line` on the fake chip, or as it ships. Returns the program. */
export function buildGpioLine(cc: string, folder: string, chip: 'fake' | 'real'): string {
  const program = path.join(folder, `gpio-line-${chip}`);
  execFileSync(cc, [...FLAGS, ...(chip === 'fake' ? ['-DFAKE_CHIP'] : []), '-o', program, SOURCE]);
  return program;
}

/** Waits until it holds; fails with `what` after `limit_ms`. */
export async function until(what: string, limit_ms: number, holds: () => boolean): Promise<void> {
  const end = performance.now() + limit_ms;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${limit_ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
