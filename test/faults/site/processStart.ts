/**
 * Starts of a real gateway (built bundle, separate processes, real sockets, wall time) while parts
 * of the site are missing: within 10 s of the start of the processes the limits are enforced.
 */
import type { CampaignCase, CampaignContext, CaseFinding } from '../../../scripts/campaign';
import { ask } from '../../../firmware/cli/live';
import { systemClock } from '../../../src/io/clock';
import { between, type Instant } from '../../../src/time';
import { type Gateway, startGateway } from '../../scenarios/gateway';

const ENFORCED_s = 10;
/** Nothing may go wrong for so long after that. */
const LOOKED_AT_s = 6;
const LOOK_ms = 250;
const SLACK_A = 0.6;
const FIELD = ['grid-meter', 'bess', 'pv'] as const;
const STATIONS = 8;

/** Which parts are missing. */
const SUBSETS: readonly (readonly string[])[] = [
  [],
  ['grid-meter'],
  ['bess'],
  ['pv'],
  ['grid-meter', 'bess', 'pv'],
  ['station-1', 'station-4', 'station-8'],
  ['bess', 'station-2', 'station-3', 'station-5', 'station-6', 'station-7'],
  [...FIELD, ...Array.from({ length: STATIONS }, (_, i) => `station-${i + 1}`)],
];

const wait = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** What the running gateway says of itself; undefined while it does not answer. */
async function said(gateway: Gateway): Promise<ReadonlyMap<string, unknown> | undefined> {
  const answer = await ask(gateway.socket, 'snapshot', null);
  const snapshot: unknown = answer?.get('snapshot');
  if (typeof snapshot !== 'object' || snapshot === null) return undefined;
  return new Map<string, unknown>(Object.entries(snapshot));
}

/** What is not enforced yet, in words; empty when all is. */
async function missesOf(gateway: Gateway, missing: ReadonlySet<string>): Promise<string[]> {
  const snapshot = await said(gateway);
  if (snapshot === undefined) return ['no decision'];
  const stations = snapshot.get('stations');
  if (!Array.isArray(stations)) return ['no stations'];
  const wrong: string[] = [];
  for (const station of stations as readonly unknown[]) {
    const seen = new Map<string, unknown>(Object.entries(station ?? {}));
    const id = String(seen.get('id'));
    if (missing.has(id)) continue;
    if (seen.get('connected') !== true) wrong.push(`${id} is not connected`);
    else if (seen.get('floorVerified') !== true) wrong.push(`the floor of ${id} is not verified`);
  }
  if (snapshot.get('mode') === 'normal') return wrong;
  return [...wrong, ...aboveStatic(gateway, missing, systemClock.now())];
}

function aboveStatic(gateway: Gateway, missing: ReadonlySet<string>, now: Instant): string[] {
  return gateway.site.stations
    .filter((s) => !missing.has(s.id))
    .filter((s) => {
      const current = gateway.sim.stations.station(s.id)?.trueCurrent_A(now) ?? [0, 0, 0];
      return Math.max(...current) > s.static_A + SLACK_A;
    })
    .map((s) => `${s.id} draws more than its static limit`);
}

interface Start {
  readonly enforced_s: number;
  readonly violations: number;
  readonly wrong: readonly string[];
}

/** One start; `break_` takes something away that the start relies on. */
async function start(
  seed: number,
  missing: readonly string[],
  break_: (gateway: Gateway) => void = () => undefined,
): Promise<Start> {
  const absent = new Set(missing);
  const from = systemClock.now();
  const gateway = await startGateway({ seed, missing, horizon_ms: 120_000 });
  try {
    break_(gateway);
    const since_s = (): number => between(from, systemClock.now()) / 1000;
    let wrong = await missesOf(gateway, absent);
    while (wrong.length > 0 && since_s() < 2 * ENFORCED_s) {
      await wait(LOOK_ms);
      wrong = await missesOf(gateway, absent);
    }
    const enforced_s = since_s();
    while (wrong.length === 0 && since_s() < enforced_s + LOOKED_AT_s) {
      await wait(LOOK_ms);
      wrong = await missesOf(gateway, absent);
    }
    return { enforced_s, violations: gateway.sim.judge.report().violations.length, wrong };
  } finally {
    await gateway.stop();
  }
}

async function starts({ seed, progress }: CampaignContext): Promise<CaseFinding> {
  const told: string[] = [];
  let slowest_s = 0;
  let violations = 0;
  for (const [i, missing] of SUBSETS.entries()) {
    const one = await start(seed + i, missing);
    const without = missing.join(' ') || 'nothing';
    progress(`processes-start: without ${without}: ${one.enforced_s.toFixed(1)} s`);
    slowest_s = Math.max(slowest_s, one.enforced_s);
    violations += one.violations;
    if (one.wrong.length > 0) told.push(`without ${without}: ${one.wrong.join(', ')}`);
  }
  const stopped = (gateway: Gateway): void => {
    const pid = gateway.pidOf('stations');
    if (pid !== undefined) process.kill(pid, 'SIGSTOP');
  };
  const control = await start(seed, [], stopped);
  const fails = control.enforced_s > ENFORCED_s || control.wrong.length > 0;
  const blind = 'control: a start is called good although nobody speaks with the stations';
  if (!fails) told.push(blind);
  return {
    measured: { starts: SUBSETS.length, enforced_s: slowest_s, violations },
    bars: [
      { name: 'enforced_s', op: '<=', value: ENFORCED_s },
      { name: 'violations', op: '==', value: 0 },
    ],
    negativeControl: {
      disabled: 'verified floors: the process stations stands still from its start',
      outcome: fails ? 'fail' : 'pass',
    },
    ...(told.length > 0 && { failure: told.join(' | ') }),
  };
}

/** Two minutes of wall time: the quick form leaves it out and says so. */
export function processStartCases(context: CampaignContext): readonly CampaignCase[] {
  return [
    {
      id: 'processes-start',
      params: {
        says: 'started while field devices, stations, or all of them are missing',
        composition: 'real',
        subsets: SUBSETS.length,
      },
      run: () => {
        if (process.platform !== 'linux') return Promise.resolve({ skipped: 'reads /proc: Linux' });
        return context.quick
          ? Promise.resolve({ skipped: 'minutes of wall time; runs in the full form' })
          : starts(context);
      },
    },
  ];
}
