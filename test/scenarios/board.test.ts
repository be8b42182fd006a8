import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ask } from '../../firmware/cli/live';
import { systemClock } from '../../src/io/clock';
import { type Gateway, startGateway, until } from './gateway';

const LAPTOP = path.join(__dirname, '..', '..', 'boards', 'laptop');

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function raised(g: Gateway): boolean {
  const now = systemClock.now();
  return g.site.stations.some((s) => {
    const current = g.sim.stations.station(s.id)?.trueCurrent_A(now) ?? [0, 0, 0];
    return current.some((a) => a > s.static_A + 0.6);
  });
}

async function snapshot(g: Gateway): Promise<string> {
  return JSON.stringify((await ask(g.socket, 'snapshot', null))?.get('snapshot'));
}

async function missingLine(): Promise<void> {
  const g = await startGateway({ seed: 5, extra: ['--line', 'watchdog:/dev/holdfast-none'] });
  try {
    await until('it is said', 10_000, () => g.log().includes('does not exist: check the overlay'));
    await wait(12_000);
    assert.equal(raised(g), false);
    assert.match(await snapshot(g), /"mode":"static"/);
    assert.match(await snapshot(g), /holdfast-none does not exist/);
  } finally {
    await g.stop();
  }
}

async function stopContact(): Promise<void> {
  const g = await startGateway({ seed: 6, extra: ['--board', LAPTOP] });
  try {
    await until('a station draws more than static', 45_000, () => raised(g));
    const contact = path.join(g.state, 'stop');
    writeFileSync(contact, '0');
    await until('true power at static', 14_000, () => !raised(g));
    writeFileSync(contact, '1');
    await wait(12_000);
    assert.match(await snapshot(g), /"mode":"static".*emergency stop not acknowledged/);
    assert.equal(raised(g), false, 'nobody has acknowledged');
    assert.deepEqual(g.sim.judge.report().violations, []);
  } finally {
    await g.stop();
  }
}

describe('boards, separate processes', function () {
  this.timeout(90_000);
  // Both wait for vehicles most of the time, so they go side by side.
  const runs = new Map<string, Promise<void>>();
  before(() => {
    for (const [name, run] of Object.entries({ missingLine, stopContact })) {
      const going = run();
      // A failure is reported by its own test; until then it must not end the runner.
      going.catch(() => undefined);
      runs.set(name, going);
    }
  });

  it('a line that cannot be opened: said, nothing is raised, and the site stays static', async () => {
    await runs.get('missingLine');
  });

  it('the emergency-stop contact of a board: static, and no return by itself', async () => {
    await runs.get('stopContact');
  });
});
