/** Persistent files of a gateway besides journal and records: torn at every byte, or left half made. */
import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDrillBook } from '../../../firmware/processes/drillBook';
import { readKept } from '../../../firmware/processes/kept';
import { openOrSetAside } from '../../../firmware/processes/keptHistory';
import { loadOrCreateKey } from '../../../src/io/keys';

describe('files of a gateway after a kill', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-durable-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => path.join(folder, name);

  it('device key: half a file beside it is made anew, a whole key is never replaced', () => {
    writeFileSync(at('device.key.new'), '-----BEGIN PRIV', { mode: 0o600 });
    const key = loadOrCreateKey(at('device.key'));
    assert.equal(existsSync(at('device.key.new')), false);
    rmSync(at('device.key.pub'));
    writeFileSync(at('device.key.new'), 'x');
    assert.equal(loadOrCreateKey(at('device.key')).keyId, key.keyId);
  });

  it('latch: torn at any byte it counts as latched, never as fewer returns', () => {
    const text = JSON.stringify({ latched: true, returnsWithinHour: 2 });
    for (let n = 0; n < text.length; n += 1) {
      writeFileSync(at('supervisor.json'), text.slice(0, n));
      assert.deepEqual(readKept(at('supervisor.json')), { latched: true, returnsWithinHour: 3 });
    }
  });

  it('drill results: torn at any byte every drill is due, nothing is raised for it', () => {
    const key = loadOrCreateKey(at('device.key'));
    const parts = {
      file: at('drills.json'),
      site: 'demo',
      key,
      wall_ms: 1_800_000_000_000,
      say: () => undefined,
    };
    openDrillBook(parts);
    const whole = readFileSync(parts.file);
    for (let n = 0; n < whole.length; n += 7) {
      writeFileSync(parts.file, whole.subarray(0, n));
      assert.equal(openDrillBook(parts).load().commissioned_ms, 0, String(n));
    }
  });

  it('history: a torn or foreign file is set aside, and a new one is written', function () {
    const said: string[] = [];
    const first = openOrSetAside(at('history.db'), 1e6, (text) => said.push(text));
    if (!first.ok) return this.skip();
    for (let minute = 0; minute < 200; minute += 1) {
      first.history.record(minute * 60_000, new Map([['grid_W', minute]]));
    }
    first.history.close();
    const whole = readFileSync(at('history.db'));
    for (const content of [Buffer.from('no database'), spoilt(whole)]) {
      writeFileSync(at('history.db'), content);
      const again = openOrSetAside(at('history.db'), 1e6, (text) => said.push(text));
      assert(again.ok, said.join());
      again.history.record(0, new Map([['grid_W', 1]]));
      again.history.close();
    }
    assert.match(said[0] ?? '', /kept as .*history\.db\.corrupt-1; a new one begins/);
    assert.equal(readFileSync(at('history.db.corrupt-1'), 'utf8'), 'no database');
  });
});

/** The first page is torn: its second half is of another time. */
function spoilt(whole: Buffer): Buffer {
  const torn = Buffer.from(whole);
  torn.fill(0xa5, 16, 100);
  return torn;
}
