import { existsSync } from 'node:fs';
import path from 'node:path';

/** Folder of the program: a clone's root, or where the bundle lies. */
export function programFolder(): string {
  return process.env['HOLDFAST_ROOT'] ?? sourceRoot() ?? __dirname;
}

function sourceRoot(): string | undefined {
  const root = path.join(__dirname, '..');
  return existsSync(path.join(root, 'firmware', 'holdfast.cjs')) ? root : undefined;
}

/** The program as another Node process starts it. */
export function programEntry(): string {
  const clone = path.join(programFolder(), 'firmware', 'holdfast.cjs');
  return existsSync(clone) ? clone : path.join(__dirname, 'holdfast.cjs');
}

/** The supervisor's own bundle, where it was built beside this one. */
export function supervisorEntry(): string | undefined {
  const file = path.join(__dirname, 'supervisor.cjs');
  return existsSync(file) ? file : undefined;
}

/** The program of the solver's thread, where it was built beside this one. */
export function lpWorkerEntry(): string | undefined {
  const file = path.join(__dirname, 'lpWorker.cjs');
  return existsSync(file) ? file : undefined;
}
