import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { codeLines, sourceFiles, textOf } from './sources';

const FOLDERS = ['src', 'firmware', 'scripts', 'test', 'hil'] as const;
const all = (): readonly string[] => FOLDERS.flatMap((f) => sourceFiles(f));

/** Calls that would make a pure module depend on the moment or the machine. */
const BANNED = [
  /\bDate\.now\b/,
  /\bnew Date\(\)/,
  /\bsetTimeout\b/,
  /\bsetInterval\b/,
  /\bsetImmediate\b/,
  /\bMath\.random\b/,
  /\bprocess\./,
  /\bconsole\./,
  /\bperformance\./,
];
const PURE = (file: string): boolean => !/^src\/(io|sim)\//.test(file);

describe('tidy: style', () => {
  it('keeps the pure modules free of clocks, timers, chance and the process', () => {
    const wrong: string[] = [];
    for (const file of sourceFiles('src').filter(PURE)) {
      codeLines(file).forEach((line, i) => {
        const hit = BANNED.find((b) => b.test(line));
        if (hit !== undefined) wrong.push(`${file}:${i + 1}: ${line.trim()}`);
      });
    }
    assert.deepEqual(wrong, []);
  });

  it('keeps files at 400 lines and lines at 100 columns at most', () => {
    const wrong: string[] = [];
    for (const file of all()) {
      const lines = textOf(file).split('\n');
      if (lines.length > 401) wrong.push(`${file}: ${lines.length} lines`);
      lines.forEach((line, i) => {
        // A string or a URL that the formatter cannot break may stand out.
        if (line.length > 100 && !/['"`/]/.test(line)) wrong.push(`${file}:${i + 1}`);
      });
    }
    assert.deepEqual(wrong, []);
  });

  it('keeps the median file under 120 lines', () => {
    const sizes = sourceFiles('src')
      .map((f) => textOf(f).split('\n').length)
      .sort((a, b) => a - b);
    const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
    assert.ok(median < 120, `median ${median}`);
  });

  it('has no top-level folder but the prescribed ones', () => {
    const root = path.join(__dirname, '..', '..');
    const known = ['firmware', 'src', 'boards', 'scripts', 'test', 'hil'];
    const extra = readdirSync(root, { withFileTypes: true })
      .filter((e) => e.isDirectory() && !e.name.startsWith('.'))
      .map((e) => e.name)
      .filter(
        (n) => !known.includes(n) && !/^(node_modules|dist.*|coverage|holdfast-state)$/.test(n),
      );
    assert.deepEqual(extra, []);
  });

  it('gives every module of src a door that says what it must never do', () => {
    for (const file of sourceFiles('src').filter((f) => /^src\/[^/]+\/index\.ts$/.test(f))) {
      const head = textOf(file).slice(0, 1500);
      assert.match(head, /^\/\*\*/, `${file} begins without a head comment`);
    }
  });

  it('leaves no unfinished place, skipped test or silenced check', () => {
    const wrong: string[] = [];
    // Split so that this file does not find itself.
    const marks = new RegExp(
      ['TO' + 'DO', 'FIX' + 'ME', '@ts-' + 'ignore', 'eslint-' + 'disable'].join('|'),
    );
    const skipped = new RegExp('\\b(describe|it)\\.' + '(only|skip)\\(');
    for (const file of all()) {
      const text = textOf(file);
      if (marks.test(text) || skipped.test(text)) wrong.push(file);
    }
    assert.deepEqual(wrong, []);
  });
});
