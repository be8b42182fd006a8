import { strict as assert } from 'node:assert';
import { CATALOGUE } from '../../src/alarm';
import { MODBUS_DENY_REASONS } from '../../src/guard';
import { sourceFiles, textOf } from './sources';

/** Titles of all tests: what they cover stands in brackets. */
function coveredTags(): ReadonlySet<string> {
  const tags = new Set<string>();
  for (const file of sourceFiles('test').filter((f) => f.endsWith('.test.ts'))) {
    for (const match of textOf(file).matchAll(/\[((?:alarm|deny|mode):[^\]\n$]+)\]/g)) {
      if (match[1] !== undefined) tags.add(match[1]);
    }
  }
  return tags;
}

const MODES = ['normal', 'blind', 'static', 'cut', 'service'] as const;
/** Moves that exist; every other pair is impossible in one step. */
const TRANSITIONS = [
  'static>normal',
  'blind>normal',
  'normal>blind',
  'normal>static',
  'blind>static',
  'static>blind',
  'normal>cut',
  'static>cut',
  'blind>cut',
  'cut>static',
  'static>service',
  'normal>service',
  'blind>service',
  'service>static',
  'service>cut',
] as const;

describe('tidy: coverage by title', () => {
  const tags = coveredTags();

  it('names every alarm of the catalogue in a test', () => {
    const missing = Object.keys(CATALOGUE).filter((id) => !tags.has(`alarm:${id}`));
    assert.deepEqual(missing, []);
  });

  it('names every deny reason of the Modbus guard in a test', () => {
    const missing = MODBUS_DENY_REASONS.filter((r) => !tags.has(`deny:${r}`));
    assert.deepEqual(missing, []);
  });

  it('names every mode transition in a test', () => {
    assert.ok(TRANSITIONS.every((t) => MODES.some((m) => t.startsWith(m))));
    const missing = TRANSITIONS.filter((t) => !tags.has(`mode:${t}`));
    assert.deepEqual(missing, []);
  });
});
