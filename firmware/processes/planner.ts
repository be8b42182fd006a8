/**
 * Process `planner`: the slow loop. Reads the local history and a price file, tells `site` what
 * pays; it has no network, and without it the fast loop shaves peaks greedily.
 */
import { systemClock } from '../../src/io/clock';
import { readOnlyHistory } from '../../src/io/history';
import { listenIpc } from '../../src/io/ipc';
import { WorkerLpSolver } from '../../src/io/lpSolver';
import { type PricePoint, readPriceFile } from '../../src/planning';
import {
  type PlanMessage,
  type PlanReview,
  planSite,
  reviewYesterday,
  type SeriesReader,
  type SitePlan,
  sitePast,
  STEP_ms,
} from '../../src/runtime';
import type { Site } from '../../src/site';
import { lpWorkerEntry } from '../where';
import { armSite } from './armSite';
import { type ProcessConfig, socketsIn } from './config';
import { log } from './log';
import { priceText } from './priceText';

const NAME = 'planner';
/** After the start, so that the first values have come. */
const FIRST_ms = 5_000;
const MINUTE_ms = 60_000;
/** A plan made so soon after midnight is the plan of that day. */
const DAY_BEGIN_ms = 30 * MINUTE_ms;

/** Runs until the process ends; ends at once where the site file plans nothing. */
export async function plannerProcess(config: ProcessConfig): Promise<void> {
  const { site } = armSite(config.siteFile, config.trust);
  if (site.planning === undefined) return;
  const latest = new Map<string, number>();
  const server = await listenIpc({
    path: socketsIn(config.state).siteToPlanner,
    onMessage: (message) => {
      if (message.kind !== 'values' || typeof message.body !== 'object') return;
      for (const [name, value] of Object.entries(message.body ?? {})) {
        if (typeof value === 'number') latest.set(name, value);
      }
    },
  });
  const solver = new WorkerLpSolver(lpWorkerEntry());
  // Cost planned at the begin of a day, by its midnight: what the next day's review compares with.
  const dayCosts = new Map<number, number>();
  const again = async (): Promise<void> => {
    try {
      const { body } = await planned(config, site, latest, solver, dayCosts);
      server.send({ kind: 'plan', body });
      log(NAME, body.text);
    } catch (error) {
      // Whatever it was, the next quarter of an hour is planned again.
      log(NAME, `bug: ${String(error)}`);
    }
    const wait = STEP_ms - (systemClock.wall_ms() % STEP_ms) + MINUTE_ms / 4;
    timer = setTimeout(() => void again(), wait);
  };
  let timer = setTimeout(() => void again(), FIRST_ms);
  process.once('SIGTERM', () => {
    clearTimeout(timer);
    process.exit(0);
  });
}

/** One planning with what is known now; a failure is a message, not a death. */
async function planned(
  config: ProcessConfig,
  site: Site,
  latest: ReadonlyMap<string, number>,
  solver: WorkerLpSolver,
  dayCosts: Map<number, number>,
): Promise<{ readonly body: PlanMessage }> {
  const none = (text: string): { body: PlanMessage } => ({ body: message(text) });
  const opened = readOnlyHistory(`${config.state}/history.db`);
  if (!opened.ok) return none(opened.why);
  const { history } = opened;
  try {
    const now_ms = systemClock.wall_ms();
    const read: SeriesReader = (series, from, to) => history.read(series, from, to);
    const prices = pricesOf(site.planning?.prices_file);
    const second = pricesOf(site.planning?.second_prices_file);
    const soc = socOf(site, latest);
    if (soc === undefined) return none('no state of charge yet: greedy peak shaving until then');
    const outcome = await planSite(
      {
        site,
        read,
        soc,
        now_ms,
        ...(prices.points === undefined ? {} : { prices: prices.points }),
        ...(second.points === undefined ? {} : { secondPrices: second.points }),
      },
      solver,
    );
    const past = sitePast(site, read, now_ms);
    const [yesterday_ms = 0, today_ms = 0] = past.midnights_ms.slice(-2);
    const review = reviewYesterday(site, past, prices.points, dayCosts.get(yesterday_ms));
    const told = [...prices.findings, ...second.findings];
    if (!outcome.ok) return { body: message(outcome.why, told, review) };
    const { dayCost } = outcome.value;
    if (dayCost !== undefined && now_ms - today_ms < DAY_BEGIN_ms) {
      dayCosts.set(today_ms, dayCost);
      for (const day of dayCosts.keys()) if (day < yesterday_ms) dayCosts.delete(day);
    }
    return { body: fromPlan(outcome.value, told, review, now_ms) };
  } catch (error) {
    return none(`planning failed: ${error instanceof Error ? error.message : 'unknown'}`);
  } finally {
    history.close();
  }
}

function message(text: string, findings: readonly string[] = [], review?: PlanReview): PlanMessage {
  return {
    mode: 'none',
    text,
    life_ms: STEP_ms,
    priceCheck: '',
    findings,
    review: review === undefined ? [] : reviewLines(review),
    bias: review?.bias ?? false,
    offPlan: (review?.findings.length ?? 0) > 0,
  };
}

function fromPlan(
  value: SitePlan,
  told: readonly string[],
  review: PlanReview | undefined,
  now_ms: number,
): PlanMessage {
  const { plan } = value;
  return {
    ...message(plan.why, [...value.findings, ...told], review),
    mode: plan.mode,
    socMin: plan.socMin,
    socMax: plan.socMax,
    ...(plan.chargeTo === undefined ? {} : { chargeTo: plan.chargeTo }),
    ...(plan.peakTarget_W === undefined ? {} : { peakTarget_W: plan.peakTarget_W }),
    shadowPrice: plan.shadowPrice,
    life_ms: plan.expires_ms - now_ms,
    priceCheck: value.priceCheck,
  };
}

function reviewLines(r: PlanReview): readonly string[] {
  const planned = r.plannedCost === undefined ? 'not kept' : r.plannedCost.toFixed(2);
  const bias =
    r.detectableBias_kW === undefined
      ? 'too little history to watch the forecast for a bias'
      : `a forecast bias of ${r.detectableBias_kW.toFixed(1)} kW or more is found within 7 days`;
  const day = new Date(r.day_ms + 12 * 3_600_000).toISOString().slice(0, 10);
  return [
    `${day}: cost ${r.cost.toFixed(2)}, planned ${planned}, doing nothing ${r.nothingCost.toFixed(2)}; ` +
      `peak ${r.peak_kW.toFixed(1)} kW, ${r.cycles.toFixed(2)} cycles`,
    ...r.findings,
    r.bias ? 'the load forecast is biased: the site behaves unlike its past' : bias,
  ];
}

/** Mean state of charge by capacity; undefined while one battery is not known. */
function socOf(site: Site, latest: ReadonlyMap<string, number>): number | undefined {
  let sum = 0;
  let weight = 0;
  for (const b of site.bess) {
    const soc = latest.get(`${b.id}_soc`);
    if (soc === undefined) return undefined;
    sum += soc * b.capacity_Wh;
    weight += b.capacity_Wh;
  }
  return weight > 0 ? sum / weight : undefined;
}

/** The price file as it lies there now; it may be replaced at any time. */
function pricesOf(file: string | undefined): {
  readonly points?: readonly PricePoint[];
  readonly findings: readonly string[];
} {
  if (file === undefined) return { findings: [] };
  try {
    const { points, findings } = readPriceFile(priceText(file));
    const named = findings.map((f) => `${file}: ${f}`);
    return points.length === 0 ? { findings: named } : { points, findings: named };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be read';
    return { findings: [`prices: ${why}; the flat price of the site file holds`] };
  }
}
