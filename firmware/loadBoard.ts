import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Board, decodeBoard } from '../src/board';
import { parseYaml } from '../src/io/yaml';
import { programFolder } from './where';

/** `boards/NAME`, a folder or a file. Undefined when there is none. */
export function boardFile(name: string): string | undefined {
  const folder = path.join(programFolder(), 'boards', path.basename(name));
  const tried = [name, path.join(name, 'board.yaml'), path.join(folder, 'board.yaml')];
  return tried.find((f) => f.endsWith('.yaml') && existsSync(f));
}

/** The board, or every finding as `FILE:LINE: what; fix`. */
export function loadBoard(
  file: string,
): { readonly board: Board } | { readonly findings: readonly string[] } {
  const parsed = parseYaml(readFileSync(file, 'utf8'));
  if (!parsed.ok) return { findings: [`${file}:${parsed.line}: ${parsed.text}`] };
  const decoded = decodeBoard(parsed.value);
  if (decoded.ok) return { board: decoded.board };
  return {
    findings: decoded.findings.map(
      (f) => `${file}:${parsed.lineOf(f.path)}: ${f.path}: ${f.text}; ${f.fix}`,
    ),
  };
}
