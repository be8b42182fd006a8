import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDrillBook, readBook } from '../../../firmware/processes/drillBook';
import { loadOrCreateKey } from '../../../src/io/keys';
import {
  type Drill,
  type DrillBook,
  duties,
  notSelfExpiring,
  withResult,
} from '../../../src/runtime';
import { instant } from '../../../src/time';
import { siteBlock, siteOf } from '../site/fixtures';

const DAY = 86_400_000;
const WALL = 1_800_000_000_000;
const SITE = siteOf(siteBlock());
const NEW: DrillBook = { commissioned_ms: WALL, results: [] };
const drill = (kind: Drill['kind'], subject: string, phase: Drill['phase'] = 'passed'): Drill => ({
  kind,
  subject,
  phase,
  began: instant(0),
  bound_s: 50,
  measured_s: 33,
  text: 'so',
});
const barred = (book: DrillBook, days: number): readonly string[] => [
  ...notSelfExpiring(duties(book, SITE, WALL + days * DAY), SITE),
];
const lineOf = SITE.stations.filter((s) => s.line !== undefined).map((s) => s.id);

describe('what drills have shown', () => {
  const [first] = SITE.stations;
  assert(first !== undefined);

  it('nothing is due for the first 30 days (line) and 90 days (silence) after commissioning', () => {
    assert.deepEqual(barred(NEW, 29), []);
    assert.deepEqual(barred(NEW, 31), lineOf);
    const lines = SITE.lines.reduce(
      (b, l) => withResult(b, drill('line', l.id), WALL + 80 * DAY),
      NEW,
    );
    assert.deepEqual(barred(lines, 89), []);
    assert.deepEqual(
      barred(lines, 91),
      SITE.stations.map((s) => s.id),
    );
  });

  it('a failed silence drill bars its station at once, until one passes', () => {
    const failed = withResult(NEW, drill('silence', first.id, 'failed'), WALL + DAY);
    assert.deepEqual(barred(failed, 1), [first.id]);
    const aborted = withResult(failed, drill('silence', first.id, 'aborted'), WALL + 2 * DAY);
    assert.deepEqual(aborted, failed);
    assert.deepEqual(barred(withResult(failed, drill('silence', first.id), WALL + 2 * DAY), 2), []);
  });

  it('a clock set back makes nothing young again', () => {
    const later_ = withResult(NEW, drill('silence', first.id), WALL + 40 * DAY);
    assert.deepEqual(barred(later_, -400), lineOf);
  });

  describe('on disk', () => {
    let folder = '';
    before(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'holdfast-drills-'));
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    it('survives a restart, signed; a spoilt book makes every drill due', async () => {
      const key = loadOrCreateKey(path.join(folder, 'device.key'));
      const parts = {
        file: path.join(folder, 'drills.json'),
        site: SITE.id,
        key,
        wall_ms: WALL,
        say: () => undefined,
      };
      const port = openDrillBook(parts);
      assert.deepEqual(port.load(), NEW);
      const book = withResult(NEW, drill('silence', first.id, 'failed'), WALL + DAY);
      port.save(book);
      for (let i = 0; i < 200 && readBook(parts)?.results.length !== 1; i += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      assert.deepEqual(openDrillBook({ ...parts, wall_ms: WALL + 5 * DAY }).load(), book);
      const text = readFileSync(parts.file, 'utf8');
      const spoilt = [text.replace('failed', 'passed'), text.slice(0, 40), '', '{}', 'null'];
      for (const content of [...spoilt, text.replace(String(WALL), String(WALL + 90 * DAY))]) {
        writeFileSync(parts.file, content);
        assert.equal(readBook(parts), undefined);
        assert.deepEqual(openDrillBook(parts).load(), { commissioned_ms: 0, results: [] }, content);
      }
      const other = loadOrCreateKey(path.join(folder, 'other.key'));
      openDrillBook({ ...parts, key: other, file: path.join(folder, 'foreign.json') });
      assert.equal(readBook({ ...parts, file: path.join(folder, 'foreign.json') }), undefined);
    });
  });
});
