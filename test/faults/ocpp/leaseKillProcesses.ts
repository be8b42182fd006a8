import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CaseFinding } from '../../../scripts/campaign';
import { systemClock, systemTimers } from '../../../src/io/clock';
import { createSimStations, webSocketTransport } from '../../../src/sim/stations';
import type { SimStation, SimStations } from '../../../src/sim/stations';
import { seededRandom } from '../../../src/sim/stations/random';
import { buildController } from './controllerBuild';

const FLOOR_A = 8;
const SLACK_A = 0.1;
/** Watched this long after the kill; what is not down by then never comes down. */
const WATCH_S = 12;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface KillPlan {
  readonly kills: number;
  readonly stations: number;
  readonly ttl_s: number;
  readonly seed: number;
  readonly progress: (text: string) => void;
}

/** Seconds from the last renewal that was sent until limit and true power were at the floor. */
interface Fall {
  limit_s: number;
  power_s: number;
}

/**
 * Kills a real controller process (SIGKILL) at a random moment of the leases of many stations on
 * real sockets, and watches each: its own limit and its true current. The last station ignores the
 * duration of limits: it must be seen to stay up, or the witness is blind.
 */
export async function leaseKillProcesses(plan: KillPlan): Promise<CaseFinding> {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-lease-kill-'));
  const script = await buildController(folder);
  const random = seededRandom(plan.seed);
  const falls: Fall[] = [];
  let control_up = 0;
  try {
    for (let kill = 0; kill < plan.kills; kill += 1) {
      plan.progress(`kill ${kill} of ${plan.kills}`);
      const run = await oneKill(plan, script, path.join(folder, `run${kill}`), random, kill);
      const control = run.pop();
      if (control?.limit_s === Number.POSITIVE_INFINITY) control_up += 1;
      falls.push(...run);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const late = (key: keyof Fall): number => Math.max(...falls.map((fall) => fall[key]));
  return {
    measured: {
      observed: falls.length,
      limit_at_floor_s: bounded(late('limit_s')),
      power_at_floor_s: bounded(late('power_s')),
      control_up,
    },
    bars: [
      { name: 'observed', op: '==', value: plan.kills * (plan.stations - 1) },
      { name: 'limit_at_floor_s', op: '<=', value: plan.ttl_s + 2 },
      { name: 'power_at_floor_s', op: '<=', value: plan.ttl_s + 7 },
    ],
    ...(control_up < plan.kills && { failure: 'a station that never falls was not seen' }),
    negativeControl: {
      disabled: 'the duration of limits on the station',
      outcome: control_up === plan.kills ? 'fail' : 'pass',
    },
  };
}

/** JSON knows no Infinity. */
const bounded = (value: number): number => (Number.isFinite(value) ? value : 1e6);

async function oneKill(
  plan: KillPlan,
  script: string,
  folder: string,
  random: () => number,
  kill: number,
): Promise<Fall[]> {
  const controller = new LeasingController(script, folder, plan);
  const port = await controller.start();
  const sims = startStations(plan, port, plan.seed + kill);
  const { stations } = sims;
  try {
    const up = (): boolean => stations.every((one) => limitOf(one) > FLOOR_A + SLACK_A);
    for (let i = 0; i < 600 && !up(); i += 1) await pause(100);
    if (!up()) throw new Error('not all stations were raised within a minute');
    await pause(plan.ttl_s * 1000 * (0.5 + random()));
    await controller.kill();
    return await watch(stations, controller.renewed_ms, plan);
  } finally {
    sims.stop();
    await controller.kill();
  }
}

async function watch(
  stations: readonly SimStation[],
  renewed_ms: number,
  plan: KillPlan,
): Promise<Fall[]> {
  const none = Number.POSITIVE_INFINITY;
  const falls = stations.map((): Fall => ({ limit_s: none, power_s: none }));
  const end = Date.now() + (plan.ttl_s + WATCH_S) * 1000;
  while (Date.now() < end) {
    const since_s = (Date.now() - renewed_ms) / 1000;
    stations.forEach((station, i) => {
      const fall = falls[i];
      if (fall === undefined) return;
      const high = Math.max(...station.trueCurrent_A(systemClock.now()));
      // The last time it was seen above counts: a limit that comes back up is no fall.
      fall.limit_s = lastAbove(limitOf(station), fall.limit_s, since_s);
      fall.power_s = lastAbove(high, fall.power_s, since_s);
    });
    await pause(50);
  }
  return falls;
}

const limitOf = (station: SimStation): number => station.ownLimit_A(systemClock.now());

function lastAbove(value: number, before: number, since_s: number): number {
  if (value > FLOOR_A + SLACK_A) return Number.POSITIVE_INFINITY;
  return Number.isFinite(before) ? before : since_s;
}

function startStations(plan: KillPlan, port: number, seed: number): SimStations {
  const vehicle = { phases: 3, rotation: 0, max_A: 32, need_Wh: 1e6 } as const;
  const configs = Array.from({ length: plan.stations }, (_, i) => ({
    id: `CP${i}`,
    kind: 'ac' as const,
    phases: 3 as const,
    max_A: 32,
    password: 'secret',
    meterInterval_s: 5,
    ...(i === plan.stations - 1 && { flaws: { ignoresDuration: true } }),
  }));
  const sims = createSimStations({
    stations: configs,
    transport: webSocketTransport({ url: `ws://127.0.0.1:${port}/ocpp` }),
    clock: systemClock,
    timers: systemTimers,
    seed,
  });
  sims.start();
  for (const station of sims.stations) station.plug(vehicle, systemClock.now());
  return sims;
}

/** The controller as a process of its own that leases to all its stations. */
class LeasingController {
  renewed_ms = 0;
  private child: ChildProcess | undefined;
  private readonly script: string;
  private readonly folder: string;
  private readonly plan: KillPlan;

  constructor(script: string, folder: string, plan: KillPlan) {
    this.script = script;
    this.folder = folder;
    this.plan = plan;
  }

  /** The port it listens on. Its CPMS does not exist: leases do not need one. */
  start(): Promise<number> {
    const { stations, ttl_s } = this.plan;
    const words = [this.folder, '0', 'ws://127.0.0.1:9/ocpp', '1', String(stations), String(ttl_s)];
    const child = fork(this.script, words);
    this.child = child;
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`controller ended with ${String(code)}`)));
      child.on('message', (message) => {
        if (typeof message !== 'object') return;
        const given = new Map<string, unknown>(Object.entries(message));
        const port = given.get('port');
        const renewed = given.get('renewed_ms');
        if (typeof renewed === 'number') this.renewed_ms = renewed;
        if (typeof port === 'number') resolve(port);
      });
    });
  }

  kill(): Promise<void> {
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  }
}
