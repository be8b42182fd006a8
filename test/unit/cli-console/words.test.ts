import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bus } from '../../../firmware/cli/bus';
import { history } from '../../../firmware/cli/history';
import { openHistory } from '../../../src/io/history';
import { captured } from '../cli/capture';

const BIN = path.join(__dirname, '..', '..', '..', 'firmware', 'holdfast.cjs');

describe('what the commands say', function () {
  this.timeout(20_000);
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'hf-words-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('an unknown option names the command and its help', () => {
    const ran = spawnSync(process.execPath, [BIN, 'mode', 'release', '--frob'], {
      encoding: 'utf8',
    });
    assert.equal(ran.status, 2);
    assert.match(ran.stderr, /^holdfast mode: Unknown option '--frob'; see: .*mode --help\n$/);
  });

  it('sniff says in one sentence what is no port', async () => {
    const no = await captured(() =>
      bus(['sniff', '--for', '1', '--port', BIN, '--socket', path.join(folder, 'none')]),
    );
    assert.equal(no.code, 2);
    assert.match(no.err, /is no serial port that takes 19200 baud; see: .*\n$/);
    assert.equal(no.err.trim().split('\n').length, 1);
  });

  it('history reads and changes nothing, and says what there is', async () => {
    const asked = (...words: string[]) => captured(() => history([...words, '--state', folder]));
    const none = await asked();
    assert.deepEqual([none.code, none.err.includes('there is no history')], [2, true]);
    assert.match((await asked('--hours', 'abc')).err, /--hours abc: write hours/);
    const opened = openHistory(path.join(folder, 'history.db'), 1e6);
    if (!opened.ok) return;
    const now = Date.now();
    for (let k = 10; k > 0; k -= 1) {
      opened.history.record(now - k * 60_000, new Map([['grid_W', k]]));
    }
    opened.history.close();
    const before = readFileSync(path.join(folder, 'history.db'));
    const json = await asked('--json');
    assert.equal(json.code, 0, json.err);
    assert.match(json.out, /^\{"hours":24,"lines":\[\{"name":"grid_W".*"bytes":\d+\}\n$/);
    const stranger = await asked('frob');
    assert.deepEqual([stranger.code, stranger.err.includes('known: grid_W')], [2, true]);
    assert.deepEqual(readFileSync(path.join(folder, 'history.db')), before);
  });
});
