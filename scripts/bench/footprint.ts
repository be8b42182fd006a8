/**
 * Memory of the built bundle: all gateway processes in one Node process, simulated site and broker
 * in another (this one), after a minute of normal work.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startBroker } from '../../src/sim/broker';
import { startGateway } from '../../test/scenarios/gateway';
import type { Campaign, CampaignCase, CampaignContext, CaseFinding } from '../campaign';

const ROOT = path.join(__dirname, '..', '..');
const RSS_MAX_MiB = 96;

function build(): string {
  const out = mkdtempSync(path.join(tmpdir(), 'holdfast-footprint-'));
  execFileSync(process.execPath, ['scripts/build.mjs', process.arch, out], {
    cwd: ROOT,
    stdio: 'pipe',
    env: { ...process.env, MINIFY: '1' },
  });
  return path.join(out, 'holdfast.cjs');
}

function rss_MiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

async function measure(context: CampaignContext): Promise<CaseFinding> {
  if (process.platform !== 'linux') return { skipped: 'memory is read from /proc: Linux only' };
  const wait_s = context.quick ? 20 : 60;
  const broker = await startBroker();
  const gateway = await startGateway({
    seed: context.seed,
    extra: ['--single'],
    broker: `mqtt://127.0.0.1:${broker.port}`,
    bundle: build(),
  });
  try {
    const pid = gateway.pidOf('supervisor,recorder,stations,uplink,site');
    if (pid === undefined) return { measured: {}, failure: 'the gateway process is not there' };
    let peak = 0;
    for (let s = 0; s < wait_s; s += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      peak = Math.max(peak, rss_MiB(pid));
    }
    const measured = {
      rss_MiB: rss_MiB(pid),
      rss_peak_MiB: peak,
      after_s: wait_s,
      mqtt_messages: broker.messages(),
      violations: gateway.sim.judge.report().violations.length,
    };
    const alive = { name: 'mqtt_messages', op: '>', value: wait_s / 2 } as const;
    const bars = [{ name: 'rss_MiB', op: '<=', value: RSS_MAX_MiB } as const, alive];
    return { measured, bars };
  } finally {
    await gateway.stop();
    await broker.close();
  }
}

/** The supervisor alone, beside a Node process that does nothing, with the same flags. */
async function measureSupervisor(context: CampaignContext): Promise<CaseFinding> {
  if (process.platform !== 'linux') return { skipped: 'memory is read from /proc: Linux only' };
  const gateway = await startGateway({ seed: context.seed, bundle: build() });
  const flags = ['--max-semi-space-size=1', '--max-old-space-size=96', '--single-threaded-gc'];
  const bare = spawn(process.execPath, [...flags, '-e', 'setInterval(() => {}, 1000)'], {
    env: { ...process.env, MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '65536' },
  });
  try {
    await new Promise((resolve) => setTimeout(resolve, context.quick ? 15_000 : 60_000));
    const pid = gateway.pidOf('supervisor');
    if (pid === undefined) return { measured: {}, failure: 'no supervisor process' };
    const bare_MiB = rss_MiB(bare.pid ?? 0);
    const measured = { rss_MiB: rss_MiB(pid), bare_MiB, over_MiB: rss_MiB(pid) - bare_MiB };
    return { measured, bars: [{ name: 'over_MiB', op: '<=', value: 12 }] };
  } finally {
    bare.kill();
    await gateway.stop();
  }
}

const footprintCases = (context: CampaignContext): readonly CampaignCase[] => {
  const params = { stations: 8, node: process.version };
  return [
    { id: 'one-process', params, run: () => measure(context) },
    { id: 'supervisor', params, run: () => measureSupervisor(context) },
  ];
};

export const footprintBench: Campaign = {
  command: 'bench footprint',
  composition: 'real',
  emulated: ['Modbus TCP devices', 'charging stations', 'watchdog line', 'x86-64 instead of ARM'],
  cases: footprintCases,
};
