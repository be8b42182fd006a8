import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { WatchedProcess } from '../../../firmware/processes/watchedProcess';
import { instant, later } from '../../../src/time';

const START = instant(1000);
const HUNG = later(START, 10_000);

/** A supervisor's view of `stations` on a machine with these processes; who was ended. */
function watching(machine: Readonly<Record<number, readonly string[]>>) {
  const ended: number[] = [];
  const said: string[] = [];
  const watched = new WatchedProcess(
    {
      name: 'stations',
      say: (text) => said.push(text),
      commandOf: (pid) => machine[pid],
      end: (pid) => ended.push(pid),
    },
    START,
  );
  return { watched, ended, said };
}
const STATIONS = ['node', 'holdfast.cjs', 'process', 'stations'];

describe('a watched process', () => {
  it('is ended once when it is silent for 10 s, not before', () => {
    const { watched, ended, said } = watching({ 7: STATIONS });
    watched.hello({ pid: 7 });
    watched.endIfHung(later(HUNG, -1));
    watched.hear(later(START, 5000));
    watched.endIfHung(HUNG);
    assert.deepEqual(ended, []);
    watched.endIfHung(later(HUNG, 5000));
    watched.endIfHung(later(HUNG, 9000));
    assert.deepEqual([ended, said], [[7], ['stations (pid 7) is silent for 10 s and is ended']]);
  });

  it('is ended when it lives in one process with others', () => {
    const { watched, ended } = watching({
      7: ['node', 'x', 'process', 'supervisor,stations,site'],
    });
    watched.hello({ pid: 7 });
    watched.endIfHung(HUNG);
    assert.deepEqual(ended, [7]);
  });

  it('cannot have another process ended: every process of a group, init, site, or who got its id', () => {
    for (const pid of [-1, 0, 1, -7, 1.5, Number.NaN, 1e300]) {
      const { watched, ended, said } = watching({ [pid]: STATIONS });
      watched.hello({ pid });
      watched.endIfHung(HUNG);
      assert.deepEqual(ended, []);
      assert.match(said[0] ?? '', /refused/);
    }
    for (const words of [['node', 'holdfast.cjs', 'process', 'site'], ['sshd']]) {
      const { watched, ended, said } = watching({ 7: words });
      watched.hello({ pid: 7 });
      watched.endIfHung(HUNG);
      assert.deepEqual(ended, []);
      assert.match(said[0] ?? '', /left alone/);
    }
    const gone = watching({});
    gone.watched.hello({ pid: 7 });
    gone.watched.endIfHung(HUNG);
    assert.deepEqual([gone.ended, gone.said], [[], []]);
  });

  it('is told from others by its real command line', async () => {
    for (const [name, dies] of [
      ['stations', true],
      ['site', false],
    ] as const) {
      const script = 'setInterval(() => undefined, 1000)';
      const words = ['-e', script, 'process', name, '{"state":"x,stations,y"}'];
      const child = spawn(process.execPath, words, { stdio: 'ignore' });
      const gone = new Promise<NodeJS.Signals | null>((resolve) => {
        child.once('exit', (_code, signal) => resolve(signal));
      });
      await new Promise<void>((resolve) => child.once('spawn', resolve));
      const watched = new WatchedProcess({ name: 'stations', say: () => undefined }, START);
      watched.hello({ pid: child.pid ?? 0 });
      watched.endIfHung(HUNG);
      if (!dies) child.kill('SIGTERM');
      assert.equal(await gone, dies ? 'SIGKILL' : 'SIGTERM');
    }
  });
});
