/** What comes over the supervisor's socket can neither fill its log nor end it. */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { socketsIn } from '../../firmware/processes/config';
import { until } from './gateway';
import { configOf } from './oneProcess';

const PROGRAM = path.join(__dirname, '..', '..', 'firmware', 'holdfast.cjs');
const CONNECTIONS = 20;
const MESSAGES = 60;

function frame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

describe('the socket of the supervisor', () => {
  it('a flood of records that are none is a few lines of its log, and it goes on', async function () {
    this.timeout(90_000);
    const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-sv-'));
    const { config, state } = await configOf(folder, 2);
    const words = [PROGRAM, 'process', 'supervisor', config];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (d: Buffer) => (err += d.toString()));
    try {
      await until('the supervisor listens', 40_000, () => err.includes('emulated'));
      const bad = frame({ kind: 'record', body: { mode: 'normal' } });
      const named = frame({ kind: 'hello', body: { process: 'site', bootId: 'b', pid: 1 } });
      for (let i = 0; i < CONNECTIONS; i += 1) {
        const socket = connect(socketsIn(state).siteToSupervisor);
        socket.on('error', () => undefined);
        const odd = frame({ kind: `odd ${i}`, body: i });
        socket.end(Buffer.concat([...Array<Buffer>(MESSAGES).fill(bad), named, odd]));
        await new Promise<void>((resolve) => socket.once('close', () => resolve()));
      }
      await until('it has said so', 20_000, () => err.includes('record refused'));
      await new Promise<void>((resolve) => {
        const asking = connect(socketsIn(state).siteToSupervisor);
        asking.once('data', () => {
          asking.destroy();
          resolve();
        });
      });
      const lines = err.split('\n').filter((l) => l.includes('refused'));
      assert.ok(lines.length >= 1 && lines.length <= 12, `${lines.length} lines`);
      assert.equal(child.exitCode, null);
    } finally {
      const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
      if (child.kill('SIGKILL')) await gone;
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
