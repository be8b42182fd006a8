/** A process of the gateway that cannot start ends, so that whoever started it starts it again. */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startGateway, until } from './gateway';
import { configOf } from './oneProcess';

const PROGRAM = path.join(__dirname, '..', '..', 'firmware', 'holdfast.cjs');

describe('a process that cannot start', () => {
  it('`stations` without its port ends with 1 and the sentence, although it listens elsewhere', async function () {
    this.timeout(60_000);
    const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-ps-'));
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    try {
      const address = other.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const { config } = await configOf(folder, port);
      // `--single`: what stands before it has started and would keep the process alive for ever.
      const words = [PROGRAM, 'process', 'recorder,stations,site', config];
      const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
      let err = '';
      child.stderr.on('data', (d: Buffer) => (err += d.toString()));
      const end = setTimeout(() => child.kill('SIGKILL'), 40_000);
      const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
      clearTimeout(end);
      assert.equal(code, 1, err);
      assert.match(err, /cannot listen on 127\.0\.0\.1:\d+: the port is taken/);
    } finally {
      other.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is started again ever more rarely, and told so', async function () {
    this.timeout(60_000);
    const gateway = await startGateway({ seed: 5 });
    try {
      const ends = (): readonly string[] =>
        gateway.log().match(/recorder ended .*starting it again.*/g) ?? [];
      for (let n = 1; n <= 3; n += 1) {
        await until('the recorder runs', 20_000, () => gateway.pidOf('recorder') !== undefined);
        process.kill(gateway.pidOf('recorder') ?? 0, 'SIGKILL');
        await until('its end is told', 20_000, () => ends().length >= n);
      }
      const waits = ends().map((line) => /again(.*)$/.exec(line)?.[1]);
      assert.deepEqual(waits, ['', ' in 1 s', ' in 2 s']);
    } finally {
      await gateway.stop();
    }
  });
});
