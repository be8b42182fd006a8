import { strict as assert } from 'node:assert';
import { sourceFiles, textOf } from './sources';

const FOLDERS = ['src', 'firmware', 'scripts', 'test', 'hil'] as const;
/** A comment may break anywhere inside a citation. */
const CITATION = /(SAFETY|SECURITY)\.md\s(?:\*\s)?"([^"]+)"(?:,\s(?:\*\s)?"([^"]+)")*/g;
const QUOTED = /"([^"]+)"/g;

const headings = (file: string): ReadonlySet<string> =>
  new Set([...textOf(file).matchAll(/^#+ (.+)$/gm)].map((m) => m[1] ?? ''));

describe('tidy: citations', () => {
  const text = new Map(
    FOLDERS.flatMap((f) => sourceFiles(f)).map((file): [string, string] => [
      file,
      textOf(file).replace(/\n\s*\*\s/g, ' '),
    ]),
  );

  it('names only sections that SAFETY.md and SECURITY.md have', () => {
    const wrong: string[] = [];
    let found = 0;
    for (const [file, content] of text) {
      for (const match of content.matchAll(CITATION)) {
        const known = headings(`${match[1] ?? ''}.md`);
        for (const [, section = ''] of match[0].matchAll(QUOTED)) {
          found += 1;
          if (!known.has(section)) wrong.push(`${file}: ${match[1] ?? ''}.md "${section}"`);
        }
      }
    }
    assert.deepEqual(wrong, []);
    assert.ok(found > 20, `${found} citations`);
  });

  it('explains every invariant that is cited, and no other', () => {
    const rows = new Set(
      [...textOf('SAFETY.md').matchAll(/^\| (INV-\d+)/gm)].map((m) => m[1] ?? ''),
    );
    assert.deepEqual(
      [...rows],
      Array.from({ length: 10 }, (_, i) => `INV-${i + 1}`),
    );
    for (const [file, content] of text) {
      for (const [id] of content.matchAll(/\bINV-\d+/g)) {
        assert.ok(rows.has(id), `${file}: ${id}`);
      }
    }
  });
});
