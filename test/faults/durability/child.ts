/**
 * The processes of the durability cases, one bundle: `write KIND STATE FIXED` is the writer on the
 * failing disk; `examine PLAN` starts writers, lets each fail at another point, and reads after
 * them without the failing disk.
 */
import { enableCompileCache } from 'node:module';
import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { examine } from './examine';
import type { Step } from './exercise';
import { exerciseOf } from './exercises';
import { KINDS } from './files';

const say = (line: object): void => void writeSync(1, `${JSON.stringify(line)}\n`);

/** A control acknowledges before it has done anything. */
const EARLY = process.env['DURABILITY_EARLY'] === '1';

const step: Step = async (name, run) => {
  say({ begun: name });
  if (EARLY) say({ done: name });
  try {
    const answer = await run();
    if (!EARLY) say({ done: name, answer: answer ?? null });
  } catch (error) {
    say({ refused: name, why: error instanceof Error ? error.message : String(error) });
  }
};

async function main([what, ...words]: readonly string[]): Promise<void> {
  if (what === 'examine') return examine(words[0] ?? '{}');
  const kind = KINDS.find((one) => one === words[0]);
  const [, state = '', fixed = ''] = words;
  if (kind === undefined) throw new Error(`no kind ${words[0] ?? ''}`);
  await exerciseOf(kind).write({ state, fixed }, step);
  say({ end: true });
  // One call more: the disk may fail after everything was acknowledged.
  try {
    closeSync(openSync(path.join(state, '.end'), 'w'));
  } catch {
    // The disk failed here, and nobody lost anything.
  }
  process.exit(0);
}

enableCompileCache(process.env['DURABILITY_CACHE']);
// The product's log is not what is looked at here.
process.stderr.write = () => true;
main(process.argv.slice(2)).catch((error: unknown) => {
  say({ crashed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exit(3);
});
