import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');

/** TypeScript files below a top-level folder, as paths from the root with "/". */
export function sourceFiles(folder: string): readonly string[] {
  const out: string[] = [];
  const walk = (relative: string): void => {
    for (const name of readdirSync(path.join(ROOT, relative))) {
      const at = `${relative}/${name}`;
      if (statSync(path.join(ROOT, at)).isDirectory()) walk(at);
      else if (at.endsWith('.ts')) out.push(at);
    }
  };
  walk(folder);
  return out.sort();
}

export const textOf = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** Targets of import and export-from statements, type imports included. */
export function importsOf(file: string): readonly string[] {
  const text = textOf(file);
  const out: string[] = [];
  const statements = [
    // import 'x'; import a, { b } from 'x'; import type * as c from 'x'
    /(?:^|\n)import\s+(?:[^;'"()]*?\sfrom\s+)?['"]([^'"]+)['"]/g,
    // export * from 'x'; export type { a, b } from 'x'
    /(?:^|\n)export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+['"]([^'"]+)['"]/g,
  ];
  for (const statement of statements) {
    for (const match of text.matchAll(statement)) {
      if (match[1] !== undefined) out.push(match[1]);
    }
  }
  for (const match of text.matchAll(/\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    if (match[1] !== undefined) out.push(match[1]);
  }
  return out;
}

/** The code of a file without comments and strings, line by line, for searches. */
export function codeLines(file: string): readonly string[] {
  const text = textOf(file)
    .replace(/\/\*[\s\S]*?\*\//g, (m) => m.replace(/[^\n]/g, ' '))
    .replace(/\/\/[^\n]*/g, '');
  return text.split('\n');
}
