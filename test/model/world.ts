/**
 * The abstract world of the explicit-state check: the product's own mode machine and line rules,
 * composed with everything the environment may do, in steps of one cycle. Counters are cut where
 * more would not change any decision.
 */
import {
  CLAIMS,
  initialLine,
  initialMode,
  judgeEvidence,
  type LineState,
  type ModeInput,
  type ModeState,
  nextLine,
  nextMode,
} from '../../src/mode';
import { liveRequests } from '../../src/runtime';
import { instant, type Instant } from '../../src/time';

/** What the environment does in one step; every combination is tried. */
export interface Environment {
  readonly grid: 'fresh' | 'silent' | 'frozen' | 'implausible';
  readonly decision: 'done' | 'failed' | 'late';
  readonly stations: 'fresh' | 'silent';
  readonly supervisorAlive: boolean;
  readonly claimsHold: boolean;
  readonly uplink: 'up' | 'down';
  readonly cpms: 'up' | 'down';
  readonly emergencyStop: boolean;
  readonly person: 'none' | 'force-static' | 'leave-static' | 'acknowledge-stop';
  readonly station: 'obeys' | 'deaf' | 'rebooted';
}

/** One state of the world; everything that a later step can depend on. */
export interface World {
  readonly mode: ModeState;
  readonly line: LineState;
  /** Periods since the last edge: 0..4, 4 = the relay has dropped. */
  readonly sinceEdge: number;
  /** Seconds left on the raised lease of the station: 0 = at its floor; in steps of 10 s. */
  readonly lease: number;
  /** What the site commanded last: raised or static. */
  readonly commanded: 'raised' | 'static';
  readonly lastRecordGood: boolean;
  /** The check's own counts, so that a machine that miscounts is caught by somebody else. */
  readonly own: OwnCounts;
  readonly now: number;
}

export interface OwnCounts {
  /** Consecutive periods with a fresh meter, a good last record and nobody silent; at most 10. */
  readonly goodRecords: number;
  /** Consecutive periods whose evidence fed or would have fed; at most 30. */
  readonly goodFeeds: number;
  readonly everNormal: boolean;
  /** Times the line came back after it had been up or an unclean start; at most 4. */
  readonly returns: number;
}

/** One property that must hold in every reachable state or on every transition. */
export interface Property {
  readonly id: string;
  readonly says: string;
  readonly holds: (before: World, e: Environment, after: World, rules: Rules) => boolean;
}

/** The product's rules behind small doors, so that a broken copy can be put in. */
export interface Rules {
  readonly nextMode: typeof nextMode;
  readonly nextLine: typeof nextLine;
  readonly claims: typeof CLAIMS;
  readonly judge: typeof judgeEvidence;
  /** Seconds by which a lease is renewed when the site decides to hold a station up. */
  readonly renews: (mode: ModeState['mode'], e: Environment, line: boolean) => boolean;
  /** Requests of other parties that still count. */
  readonly live: typeof liveRequests;
  /** What is left of a lease after one period without renewal. */
  readonly runsDown: (lease: number) => number;
}

export const PRODUCT: Rules = {
  nextMode,
  nextLine,
  claims: CLAIMS,
  judge: judgeEvidence,
  live: liveRequests,
  renews: (mode, e) => mode === 'normal' && e.decision === 'done' && e.stations === 'fresh',
  runsDown: (lease) => Math.max(0, lease - 1),
};

/** Relay dropped after this many periods without an edge (3 s + 0.8 s at one period a second). */
const DROPPED = 4;
const TTL = 3;

/**
 * First start and unclean return; and reachable states far from a start (a site that has returned
 * three times and is about to return again), so that a bounded exploration sees them too. Pure.
 */
export function startStates(): readonly World[] {
  const at = instant(0);
  const own: OwnCounts = { goodRecords: 0, goodFeeds: 0, everNormal: false, returns: 0 };
  const starts = (['first', 'return'] as const).map((start): World => {
    const kept = { returnsWithinHour: 0, latched: false, random: 0 };
    return {
      mode: initialMode(start, at),
      line: initialLine(start, kept, at),
      sinceEdge: DROPPED,
      lease: 0,
      commanded: 'static',
      lastRecordGood: true,
      own: { ...own, everNormal: start === 'return' },
      now: 0,
    };
  });
  const [, returned] = starts;
  if (returned === undefined) return starts;
  const deep = [27, 29].map((good): World => ({
    ...returned,
    line: { ...returned.line, good, returns: [at, at, at] },
    own: { goodRecords: 0, goodFeeds: good, everNormal: true, returns: 3 },
  }));
  return [...starts, ...deep];
}

/** One period. Time jumps to where the return rules would next allow something. Pure. */
export function step(world: World, e: Environment, rules: Rules): World {
  const now: Instant = instant(world.now + 1000);
  const energised = world.sinceEdge < DROPPED;
  const input: ModeInput = {
    grid: e.grid,
    recordGood: world.lastRecordGood && e.grid === 'fresh',
    decision: e.decision === 'failed' ? 'failed' : 'done',
    stations: e.stations,
    line: energised ? 'energised' : 'dropped',
    supervisor: e.supervisorAlive ? 'answers' : 'silent',
    latched: world.line.latched,
    emergencyStop: e.emergencyStop,
    bessBackup: false,
    person: e.person,
  };
  const mode = e.decision === 'late' ? world.mode : rules.nextMode(world.mode, input, now).state;
  const renews = rules.renews(mode.mode, e, energised) && e.decision !== 'late';
  const commanded = renews ? 'raised' : e.decision === 'late' ? world.commanded : 'static';
  const told = e.stations === 'fresh' && e.station === 'obeys';
  const lease = leaseAfter(
    world.lease,
    { renews, cleared: commanded === 'static' && told },
    e,
    rules,
  );
  const evidence = Object.fromEntries(
    rules.claims[mode.mode].map((claim) => [
      claim,
      claim === 'nothing-above-static' ? commanded === 'static' : e.claimsHold,
    ]),
  );
  const arrives = e.decision !== 'late' && e.supervisorAlive;
  const feeds = arrives && rules.judge(mode.mode, evidence).feed;
  const advanced = e.supervisorAlive
    ? rules.nextLine(
        jump(world.line, now),
        { good: feeds, text: 'x', random: 0, personReleases: false },
        now,
      )
    : { state: world.line, feed: false };
  const sinceEdge = advanced.feed ? 0 : Math.min(DROPPED, world.sinceEdge + 1);
  return {
    mode,
    line: advanced.state,
    sinceEdge,
    lease,
    commanded,
    lastRecordGood: e.decision === 'done' && e.grid === 'fresh' && e.stations === 'fresh',
    own: countOwn(world, e, { energised, feeds, mode: mode.mode, fed: advanced.state.line }),
    now,
  };
}

function countOwn(
  before: World,
  e: Environment,
  after: {
    readonly energised: boolean;
    readonly feeds: boolean;
    readonly mode: ModeState['mode'];
    readonly fed: LineState['line'];
  },
): OwnCounts {
  const { own } = before;
  // A period without a decision changes no mode and counts nothing.
  const quiet = e.grid === 'fresh' && e.stations === 'fresh' && e.decision === 'done';
  const upOrStarting = after.energised || (before.mode.starting && before.mode.mode === 'static');
  const left = before.mode.mode === 'normal' && after.mode !== 'normal';
  const goodNow = quiet && before.lastRecordGood && upOrStarting && !left;
  // What was good before the line opened counts for no return.
  const opened = before.line.line === 'fed' && after.fed === 'open';
  const came = before.line.line === 'open' && after.fed === 'fed' && before.line.start === 'return';
  return {
    goodRecords:
      e.decision === 'late' ? own.goodRecords : goodNow ? Math.min(10, own.goodRecords + 1) : 0,
    goodFeeds: !e.supervisorAlive
      ? own.goodFeeds
      : after.feeds
        ? Math.min(30, (opened ? 0 : own.goodFeeds) + 1)
        : 0,
    everNormal: own.everNormal || after.mode === 'normal' || after.mode === 'cut',
    returns: Math.min(4, own.returns + (came ? 1 : 0)),
  };
}

function leaseAfter(
  lease: number,
  acts: { readonly renews: boolean; readonly cleared: boolean },
  e: Environment,
  rules: Rules,
): number {
  if (e.station === 'rebooted' || acts.cleared) return 0;
  if (acts.renews && e.station !== 'deaf') return TTL;
  return rules.runsDown(lease);
}

/** Waiting for the return delay is skipped: the good records are what is counted. */
function jump(line: LineState, now: Instant): LineState {
  return line.line === 'open' && line.good >= 28
    ? { ...line, openSince: instant(now - 700_000) }
    : line;
}

const MODES = ['normal', 'blind', 'static', 'cut', 'service'] as const;
const STARTS = ['first', 'clean', 'return'] as const;

/** One digit of a number in mixed radix; a digit outside its radix would mix up two states. */
function digit(key: number, radix: number, value: number): number {
  if (!(value >= 0 && value < radix)) throw new RangeError(`${value} is no digit below ${radix}`);
  return key * radix + value;
}

/** `keyOf` as one exact integer (below 2^53): another state, another number. Pure. */
export function numberOf(w: World): number {
  const { mode, line, own } = w;
  let key: number = MODES.indexOf(mode.mode);
  key = digit(key, 11, Math.min(mode.good, 10));
  key = digit(key, 2, Number(mode.starting));
  key = digit(key, 2, Number(mode.forced));
  key = digit(key, 2, Number(mode.stopUnacknowledged));
  key = digit(key, 2, line.line === 'fed' ? 1 : 0);
  key = digit(key, 3, STARTS.indexOf(line.start));
  key = digit(key, 31, Math.min(line.good, 30));
  key = digit(key, 4, Math.min(line.returns.length, 3));
  key = digit(key, 2, Number(line.latched));
  key = digit(key, DROPPED + 1, w.sinceEdge);
  key = digit(key, TTL + 1, w.lease);
  key = digit(key, 2, w.commanded === 'raised' ? 1 : 0);
  key = digit(key, 2, Number(w.lastRecordGood));
  key = digit(key, 11, own.goodRecords);
  key = digit(key, 31, own.goodFeeds);
  key = digit(key, 2, Number(own.everNormal));
  return digit(key, 5, own.returns);
}

/** States with the same key behave the same from here on. Pure. */
export function keyOf(w: World): string {
  const { mode, line } = w;
  return [
    mode.mode,
    Math.min(mode.good, 10),
    mode.starting,
    mode.forced,
    mode.stopUnacknowledged,
    line.line,
    line.start,
    Math.min(line.good, 30),
    Math.min(line.returns.length, 3),
    line.latched,
    w.sinceEdge,
    w.lease,
    w.commanded,
    w.lastRecordGood,
    w.own.goodRecords,
    w.own.goodFeeds,
    w.own.everNormal,
    w.own.returns,
  ].join();
}
