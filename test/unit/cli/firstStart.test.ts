import { strict as assert } from 'node:assert';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endClean, prepare } from '../../../firmware/cli/firstStart';
import type { ProcessConfig } from '../../../firmware/processes/config';
import { captured } from './capture';
import { loadSite } from '../../../firmware/loadSite';

const DEMO = path.join(__dirname, '..', '..', '..', 'firmware', 'sites', 'demo.yaml');
const FROM = { siteFile: DEMO, trust: [], line: '' };

describe('the state folder at a start', () => {
  let state = '';
  beforeEach(() => {
    state = path.join(mkdtempSync(path.join(tmpdir(), 'holdfast-start-')), 'state');
  });
  afterEach(() => rmSync(path.dirname(state), { recursive: true, force: true }));
  const start = async () => {
    const { site } = loadSite(DEMO);
    assert(site !== undefined);
    const made: { config?: ProcessConfig } = {};
    await captured(async () => {
      made.config = await prepare(site, state, FROM);
      return 0;
    });
    assert(made.config !== undefined);
    return made.config;
  };

  it('first, then a return, and clean only after an end in order, once', async () => {
    const first = await start();
    assert.equal(first.start, 'first');
    assert.equal((await start()).start, 'return');
    endClean(first);
    assert.equal((await start()).start, 'clean');
    assert.equal(existsSync(path.join(state, 'clean-stop')), false);
    assert.equal((await start()).start, 'return');
  });

  it('passwords are made once, for the owner to read only', async () => {
    const { secrets } = await start();
    const before = readFileSync(secrets, 'utf8');
    const toEnter = path.join(state, 'station-passwords-to-enter');
    assert.match(readFileSync(toEnter, 'utf8'), /^(station-\d+ [0-9a-f]{40}\n)+$/);
    for (const file of [secrets, toEnter]) assert.equal(statSync(file).mode & 0o077, 0);
    await start();
    assert.equal(readFileSync(secrets, 'utf8'), before);
  });
});
