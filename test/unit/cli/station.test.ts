import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { station } from '../../../firmware/cli/station';
import { openStationsConsole } from '../../../firmware/processes/stationsConsole';
import { AbilityBook } from '../../../src/ocpp';
import { CAR } from '../sim-stations/site';
import { RelaySite } from '../sim-stations/relaySite';
import { captured } from './capture';

describe('holdfast station', function () {
  this.timeout(20_000);
  let folder = '';
  let site: RelaySite;
  let server: Awaited<ReturnType<typeof openStationsConsole>>;
  let pace: NodeJS.Timeout | undefined;
  const socket = (): string => path.join(folder, 'console-stations.sock');

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-station-'));
    site = new RelaySite({
      sim: { flaws: { refusesZero: true }, delay_ms: 500 },
      fleet: { abilities: new AbilityBook() },
    });
    site.station.plug({ ...CAR, reaction_ms: 1_000 }, site.time.now());
    site.time.run(20_000);
    server = await openStationsConsole(socket(), site.fleet, site.time);
    // Simulated seconds pass quickly, so that a test of minutes takes a moment.
    pace = setInterval(() => site.time.run(5_000), 20);
  });
  after(async () => {
    clearInterval(pace);
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('lists stations with model and protocol', async () => {
    const { code, out } = await captured(() => station(['list', '--socket', socket()]));
    assert.equal(code, 0);
    assert.match(out, /CP1 {2}ocpp1\.6, static limit verified, Holdfast \/ Simulated \/ 1\.0/);
  });

  it('guides through a self-test and shows what it found', async () => {
    const words = ['self-test', 'CP1', '--reset', '--socket', socket(), '--json'];
    const { code, out, err } = await captured(() => station(words));
    assert.equal(code, 0);
    assert.match(err, /refuses a limit of 0 A/);
    assert.match(err, /never raised|used where stricter/);
    const report: unknown = JSON.parse(out);
    assert.ok(typeof report === 'object' && report !== null && 'found' in report);
    const shown = await captured(() => station(['abilities', 'CP1', '--socket', socket()]));
    assert.match(shown.out, /declared .*zeroAllowed true/);
    assert.match(shown.out, /found .*zeroAllowed false/);
    assert.match(shown.out, /used .*zeroAllowed false/);
  });

  it('says what is wrong: no such station, no gateway, no words', async () => {
    const none = await captured(() => station(['abilities', 'X', '--socket', socket()]));
    assert.equal(none.code, 1);
    assert.match(none.err, /no station "X"; known: CP1/);
    const test = await captured(() => station(['self-test', 'X', '--socket', socket()]));
    assert.equal(test.code, 1);
    assert.match(test.err, /not started: there is no station "X"/);
    const dead = await captured(() => station(['list', '--socket', path.join(folder, 'no.sock')]));
    assert.equal(dead.code, 2);
    assert.match(dead.err, /does not run/);
    assert.equal((await captured(() => station([]))).code, 2);
  });
});
