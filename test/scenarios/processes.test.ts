import { strict as assert } from 'node:assert';
import { ask } from '../../firmware/cli/live';
import { systemClock } from '../../src/io/clock';
import { between, type Instant } from '../../src/time';
import { type Gateway, startGateway, until } from './gateway';

/** Current per phase above static by more than this is not static, A. */
const SLACK_A = 0.6;

function stationsAtStatic(g: Gateway): boolean {
  const now = systemClock.now();
  return g.site.stations.every((s) => {
    const current = g.sim.stations.station(s.id)?.trueCurrent_A(now) ?? [0, 0, 0];
    return current.every((a) => a <= s.static_A + SLACK_A);
  });
}

const raised = (g: Gateway): boolean => !stationsAtStatic(g);
/** The ids under which lives of the site process said that they start. */
const lives = (g: Gateway): readonly string[] =>
  [...g.log().matchAll(/start site: boot (\S+)/g)].map((m) => m[1] ?? '');
const lineUp = (g: Gateway): boolean => g.line.energised(systemClock.now());
const since = (at: Instant): number => between(at, systemClock.now());

async function mode(g: Gateway): Promise<string> {
  const answer = await ask(g.socket, 'snapshot', null);
  const snapshot: unknown = answer?.get('snapshot');
  const found: unknown =
    typeof snapshot === 'object' && snapshot !== null && 'mode' in snapshot ? snapshot.mode : '';
  return typeof found === 'string' ? found : '';
}

/** Starts a gateway, waits until it raises stations, stops one process, and looks. */
async function stopProcess(
  seed: number,
  name: string,
  then: (g: Gateway, at: Instant) => Promise<void>,
  more: { readonly planning?: object } = {},
): Promise<void> {
  const g = await startGateway({ seed, ...more });
  try {
    await until('a station draws more than static', 45_000, () => raised(g));
    assert.ok(lineUp(g), 'the line is energised before anything is raised');
    const pid = g.pidOf(name);
    assert.ok(pid !== undefined, `no process ${name}`);
    process.kill(pid, 'SIGSTOP');
    await then(g, systemClock.now());
    assert.deepEqual(g.sim.judge.report().violations, []);
  } finally {
    await g.stop();
  }
}

describe('separate processes', function () {
  this.timeout(150_000);
  // The three runs wait for leases and vehicles most of the time, so they go side by side.
  const runs = new Map<string, Promise<void>>();

  before(() => {
    runs.set(
      'site',
      stopProcess(1, 'site', async (g, at) => {
        await until('the line drops', 6000, () => !lineUp(g));
        assert.ok(since(at) <= 5000, `line after ${since(at)} ms (4 s + one record on its way)`);
        await until('true power at static', 12_000, () => stationsAtStatic(g));
        assert.ok(since(at) <= 12_000, `static after ${since(at)} ms`);
        await until('the hung process is ended', 15_000, () => g.log().includes('is ended'));
        await until('another one runs', 5000, () => lives(g).length === 2);
        assert.equal(new Set(lives(g)).size, 2, 'each life has an id of its own');
        // Its cycles begin at 1 again, and are believed all the same.
        const believed = 'line open, good, waiting: the site process was started again';
        await until('its records are believed', 6000, () => g.log().includes(believed));
        assert.ok(!lineUp(g), 'a start while running is a return: the line stays open');
      }),
    );
    runs.set(
      'stations',
      stopProcess(
        2,
        'stations',
        async (g, at) => {
          await until('the site notices', 6000, () =>
            g.log().includes('stations process is silent'),
          );
          await until('true power at static', 40_000, () => stationsAtStatic(g));
          assert.ok(since(at) <= 37_000, `static after ${since(at)} ms (TTL 30 s + 7 s)`);
          // Beside it: the planner has spoken, and says why it has no advice yet.
          const answer = await ask(g.socket, 'why', 'plan');
          assert.match(String(answer?.get('lines')), /plan: .*(greedy|history)/i);
        },
        { planning: {} },
      ),
    );
    runs.set(
      'supervisor',
      stopProcess(3, 'supervisor', async (g, at) => {
        await until('the line drops', 6000, () => !lineUp(g));
        await until('true power at static', 12_000, () => stationsAtStatic(g));
        assert.ok(since(at) <= 12_000, `static after ${since(at)} ms`);
        assert.notEqual(await mode(g), 'normal');
      }),
    );
    // A failure is reported by its own test; until then it must not end the runner.
    for (const run of runs.values()) run.catch(() => undefined);
  });

  it('site stopped: line open in 4 s, static in 12 s, hung process ended', async () => {
    await runs.get('site');
  });

  it('stations stopped: the site goes to static and leases end by themselves', async () => {
    await runs.get('stations');
  });

  it('supervisor stopped: the line drops and the site goes to static', async () => {
    await runs.get('supervisor');
  });
});
