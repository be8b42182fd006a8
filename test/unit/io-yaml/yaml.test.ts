import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { parseYaml, YAML_MAX_BYTES } from '../../../src/io/yaml';

function good(text: string) {
  const parsed = parseYaml(text);
  assert(parsed.ok, parsed.ok ? '' : parsed.text);
  return parsed;
}
function bad(text: string) {
  const parsed = parseYaml(text);
  assert(!parsed.ok, text);
  return parsed;
}

describe('YAML to plain values', () => {
  it('knows the core schema and nothing else', () => {
    const { value } = good('a: 1\nb: 1.5e3\nc: yes\nd: ~\ne: [x, "1", true]\nf: 2026-01-01\n');
    assert.deepEqual(value, {
      a: 1,
      b: 1500,
      c: 'yes',
      d: null,
      e: ['x', '1', true],
      f: '2026-01-01',
    });
    assert.deepEqual(good('__proto__: { a: 1 }').value, JSON.parse('{"__proto__":{"a":1}}'));
  });

  it('names the line of each key and of each list entry, the nearest parent otherwise', () => {
    const { lineOf } = good('a:\n  b: 1\nlist:\n  - x: 1\n    y: 2\n  - { x: 3,\n      y: 4 }\n');
    const rows: readonly (readonly [string, number])[] = [
      ['a', 1],
      ['a.b', 2],
      ['a.missing', 1],
      ['list', 3],
      ['list[0]', 4],
      ['list[0].y', 5],
      ['list[1].x', 6],
      ['list[1].y', 7],
      ['list[1].z.deep[3]', 6],
      ['list[9]', 3],
      ['', 1],
      ['nowhere', 1],
      ['[ a, b ]', 1],
      ['a[b', 1],
      ['a.b]', 1],
    ];
    for (const [path, line] of rows) assert.equal(lineOf(path), line, path);
  });

  it('leads from a merged key to the entry that merges it', () => {
    const { lineOf, value } = good('base: &b\n  x: 1\nall:\n  - <<: *b\n    y: 2\n');
    assert.deepEqual(value, { base: { x: 1 }, all: [{ x: 1, y: 2 }] });
    assert.equal(lineOf('all[0].x'), 4);
  });

  it('lets a thousand stations share one anchor', () => {
    const entries = Array.from({ length: 1000 }, () => '  - { <<: *a }').join('\n');
    assert.equal(
      (good(`a: &a { x: 1 }\nl:\n${entries}\n`).value as { l: unknown[] }).l.length,
      1000,
    );
    const plain = Array.from({ length: 1000 }, () => '*a').join(', ');
    assert(parseYaml(`a: &a { x: 1 }\nl: [${plain}]\n`).ok);
  });

  it('refuses with a line: syntax errors, double keys, several documents, tags, cut-off texts', () => {
    const rows: readonly (readonly [string, number])[] = [
      ['a: 1\nb: [1, 2\nc: 3\n', 3],
      ['a: 1\na: 2\n', 2],
      ['a: 1\n---\nb: 2\n', 2],
      ['a: 1\nb: !!js/function "x"\n', 2],
      ['a: 1\nb: !secret x\n', 2],
      ['a: 1\n\tb: 2\n', 2],
      ['a: 1\nb: "x\n', 2],
      ['a: *nobody\n', 1],
      ['a: 1\n? [a, b]\n: 1\n', 2],
      ['a: 1\n{ b }: 1\n', 2],
    ];
    for (const [text, line] of rows) {
      const found = bad(text);
      assert(Math.abs(found.line - line) <= 1, `${text}: line ${found.line}`);
      assert(found.text.length > 5 && !found.text.includes('\n'));
      assert.doesNotMatch(found.text, /at line \d|:$|YAML\./, 'a sentence for who mends the file');
    }
  });

  it('refuses aliases that multiply, nesting without end and files that are too long', function () {
    this.timeout(30_000);
    const levels = Array.from({ length: 9 }, (_, i) =>
      i === 0
        ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
        : `a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(',')}]`,
    );
    bad(levels.join('\n'));
    bad('['.repeat(20_000));
    bad(`a: ${'x'.repeat(YAML_MAX_BYTES)}`);
  });

  it('never throws, and gives a line for any text', () => {
    const piece = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '&a',
      '*a',
      '!',
      '|',
      '>',
      '"',
      "'",
      '<<: ',
      '? ',
      '#',
      '\t',
      '1',
      '~',
      '%',
      '---\n',
      '\u0000',
      '\ufeff',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (parts) => {
        const parsed = parseYaml(parts.join(''));
        assert(parsed.ok ? parsed.lineOf('a.b[0]') >= 1 : parsed.line >= 1);
      }),
      { seed: 61, numRuns: 1500 },
    );
  });
});
