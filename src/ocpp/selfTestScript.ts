import type { FoundAbilities } from './abilityBook';
import type { StationConfig } from './config';
import type { Dialect, Request } from './dialect';
import type { JsonObject } from './frame';

/** What the script wants next. */
export type Wish =
  | { readonly kind: 'ask'; readonly text: string; readonly request: Request }
  | {
      readonly kind: 'until';
      readonly text: string;
      readonly met: () => boolean;
      readonly most_s: number;
    }
  /** Back to the floor, proved again. */
  | { readonly kind: 'floor'; readonly text: string };

/** What came of it: the payload of an answer, and whether it was met or answered at all. */
export interface Outcome {
  readonly payload?: JsonObject;
  readonly met: boolean;
}

/** What the script sees of the station. */
export interface TestedStation {
  readonly station: () => StationConfig;
  readonly dialect: () => Dialect;
  readonly nominal_V: number;
  /** Station clock now, ms. */
  wall_ms(): number;
  connected(): boolean;
  floorVerified(): boolean;
  /** Number of BootNotifications so far. */
  boots(): number;
  /** Newest own meter value, and how old it is. */
  measured(): { readonly current_A: number; readonly age_ms: number } | undefined;
  /** Largest own meter value since the last boot, until the floor was verified; A. */
  bootPeak_A(): number | undefined;
  finding(text: string): void;
}

export interface SelfTestOptions {
  /** Power cycle by Reset(Hard); else a person switches the station off and on. */
  readonly reset: boolean;
}

type Script = Generator<Wish, FoundAbilities, Outcome>;

/** Length of a test limit; short, so that an abandoned one is soon gone. */
const TEST_S = 12;
/** Station and vehicle follow within this. */
const FOLLOW_S = 30;
/** A vehicle takes at least 6 A (IEC 61851-1), less meter error. */
const MIN_DRAW_A = 5.5;
const SLACK_A = 0.9;
const RENEW_INTERVALS_S = [1, 2, 5, 10, 30] as const;
const RENEWALS = 3;

/**
 * The commissioning self-test of one station, as wishes to whoever drives it. Every limit it writes
 * is at or below the safe static limit, and each one ends by itself or is replaced at the end.
 */
export function* selfTestScript(tested: TestedStation, options: SelfTestOptions): Script {
  const { unit, maxStackLevel } = yield* units(tested);
  const shape = { unit, maxStackLevel };
  if (unit === undefined) {
    tested.finding('takes no limit in A or W: smart charging is off or missing');
    return { honoursDuration: false, powerCycled: false };
  }
  const drew = drawing(tested);
  const zeroAllowed = yield* zero(tested, shape, drew);
  yield { kind: 'floor', text: 'back to the safe static limit' };
  const car = drew && (yield* meterRises(tested, MIN_DRAW_A - SLACK_A));
  const honoursDuration = yield* duration(tested, shape, zeroAllowed !== false, car);
  const minRenew_s = yield* renewals(tested, shape);
  yield { kind: 'floor', text: 'back to the safe static limit' };
  const cycle = yield* powerCycle(tested, options);
  return {
    unit,
    ...(maxStackLevel !== undefined && { maxStackLevel }),
    ...(zeroAllowed !== undefined && { zeroAllowed }),
    ...(honoursDuration !== undefined && { honoursDuration }),
    ...(minRenew_s !== undefined && { minRenew_s }),
    ...cycle,
  };
}

interface Shape {
  readonly unit: 'A' | 'W' | undefined;
  readonly maxStackLevel: number | undefined;
}

/** The station as the test treats it: the unit and levels found so far. */
function shaped(tested: TestedStation, { unit, maxStackLevel }: Shape): StationConfig {
  const station = tested.station();
  const { abilities } = station;
  const level = maxStackLevel ?? abilities.maxStackLevel;
  return {
    ...station,
    abilities: { ...abilities, unit: unit ?? abilities.unit, maxStackLevel: level },
  };
}

function* write(
  tested: TestedStation,
  shape: Shape,
  limit_A: number,
  text: string,
): Generator<Wish, boolean, Outcome> {
  const station = shaped(tested, shape);
  const duration_s = Math.min(TEST_S, Math.floor(station.ttl_ms / 1000));
  const terms = { limit_A, start_ms: Math.floor(tested.wall_ms() - 1_000), duration_s };
  const request = tested.dialect().lease(station, terms, tested.nominal_V);
  const { payload } = yield { kind: 'ask', text, request };
  return payload !== undefined && tested.dialect().accepted(payload);
}

/** The first step of the composite schedule, A; undefined when the station shows none. */
function* shown(tested: TestedStation, shape: Shape): Generator<Wish, number | undefined, Outcome> {
  const station = shaped(tested, shape);
  const request = tested.dialect().composite(station, 60);
  const { payload } = yield { kind: 'ask', text: 'reads the schedule back', request };
  if (payload === undefined) return undefined;
  return tested.dialect().readComposite(station, payload, tested.nominal_V)?.steps_A[0];
}

const floorOf = (tested: TestedStation): number => tested.station().floor_A;

/** Which unit and how many levels the station takes: the floor's value is the safe thing to write. */
function* units(tested: TestedStation): Generator<Wish, Shape, Outcome> {
  const declared = tested.station().abilities.unit;
  const order = declared === 'A' ? (['A', 'W'] as const) : (['W', 'A'] as const);
  for (const unit of order) {
    for (const maxStackLevel of [1, 0]) {
      const text = `limit in ${unit}, ${maxStackLevel === 1 ? 'a level above the floor' : 'one level'}`;
      if (yield* write(tested, { unit, maxStackLevel }, floorOf(tested), text)) {
        tested.finding(
          `takes limits in ${unit}, ${maxStackLevel === 1 ? 'two levels' : 'one level'}`,
        );
        return { unit, maxStackLevel };
      }
    }
  }
  return { unit: undefined, maxStackLevel: undefined };
}

/** A vehicle draws enough that a change of the limit shows at the meter. */
function drawing(tested: TestedStation): boolean {
  const measured = tested.measured();
  return measured !== undefined && measured.age_ms < 20_000 && measured.current_A >= MIN_DRAW_A;
}

function* meterFalls(tested: TestedStation, limit_A: number): Generator<Wish, boolean, Outcome> {
  const { met } = yield {
    kind: 'until',
    text: `waits until the meter shows at most ${limit_A} A`,
    met: () => (tested.measured()?.current_A ?? Infinity) <= limit_A + SLACK_A,
    most_s: FOLLOW_S,
  };
  return met;
}

function* meterRises(tested: TestedStation, above_A: number): Generator<Wish, boolean, Outcome> {
  const { met } = yield {
    kind: 'until',
    text: `waits until the meter shows more than ${above_A} A again`,
    met: () => (tested.measured()?.current_A ?? 0) > above_A + SLACK_A,
    most_s: TEST_S + FOLLOW_S,
  };
  return met;
}

/** Whether 0 A is accepted, shown, and resumed from. */
function* zero(
  tested: TestedStation,
  shape: Shape,
  car: boolean,
): Generator<Wish, boolean | undefined, Outcome> {
  if (!(yield* write(tested, shape, 0, 'pause (0 A)'))) {
    tested.finding('refuses a limit of 0 A');
    return false;
  }
  const schedule = yield* shown(tested, shape);
  if (car) {
    const paused = yield* meterFalls(tested, 0);
    const resumed = paused && (yield* meterRises(tested, 0));
    tested.finding(resumed ? 'pauses at 0 A and resumes' : 'does not pause at 0 A and resume');
    return resumed;
  }
  yield* expire(tested);
  if (schedule === undefined) {
    tested.finding('0 A is accepted but not proved: plug in a vehicle and repeat');
    return undefined;
  }
  tested.finding(schedule < 0.2 ? 'shows 0 A in its schedule' : 'accepts 0 A and shows more');
  return schedule < 0.2;
}

function* expire(tested: TestedStation): Generator<Wish, void, Outcome> {
  const end_ms = tested.wall_ms() + (TEST_S + 2) * 1000;
  const text = 'waits for the end of the test limit';
  yield { kind: 'until', text, met: () => tested.wall_ms() >= end_ms, most_s: TEST_S + 5 };
}

/** Whether a limit ends after its duration: by the schedule, and by the meter where a car draws. */
function* duration(
  tested: TestedStation,
  shape: Shape,
  zeroAllowed: boolean,
  drew: boolean,
): Generator<Wish, boolean | undefined, Outcome> {
  const floor = floorOf(tested);
  const low = floor >= 7.5 ? 6 : 0;
  if (low === 0 && !zeroAllowed) {
    tested.finding('duration not tested: static limit too low for a test below it');
    return undefined;
  }
  const car = drew && floor - low > 2 * SLACK_A;
  if (!(yield* write(tested, shape, low, `limit of ${low} A for ${TEST_S} s`))) return false;
  const during = yield* shown(tested, shape);
  if (car && !(yield* meterFalls(tested, low))) {
    tested.finding('accepts a limit and does not apply it');
    return false;
  }
  yield* expire(tested);
  const after = yield* shown(tested, shape);
  const back = car ? yield* meterRises(tested, low) : undefined;
  const bySchedule =
    during === undefined || after === undefined
      ? undefined
      : during <= low + 0.2 && Math.abs(after - floor) <= 0.2;
  const known = [bySchedule, back].filter((one) => one !== undefined);
  const honours = known.length === 0 ? undefined : known.every((one) => one);
  tested.finding(
    honours === undefined
      ? 'duration accepted but not proved: plug in a vehicle and repeat'
      : honours
        ? 'ends a limit by itself after its duration'
        : 'does not end a limit after its duration: it is never raised over OCPP',
  );
  return honours;
}

/** The shortest interval at which it takes three writes in a row. */
function* renewals(
  tested: TestedStation,
  shape: Shape,
): Generator<Wish, number | undefined, Outcome> {
  for (const interval_s of RENEW_INTERVALS_S) {
    let taken = 0;
    for (let i = 0; i < RENEWALS; i += 1) {
      const text = `renewal every ${interval_s} s`;
      const next_ms = tested.wall_ms() + interval_s * 1000;
      const met = (): boolean => tested.wall_ms() >= next_ms;
      yield { kind: 'until', text, met, most_s: interval_s + 5 };
      if (yield* write(tested, shape, floorOf(tested), text)) taken += 1;
    }
    if (taken < RENEWALS) continue;
    tested.finding(`takes a renewal every ${interval_s} s`);
    return interval_s;
  }
  tested.finding('takes no regular renewals: it is renewed every 60 s at most');
  return 60;
}

/** Off and on again, by a person or by Reset; what it draws until its floor is in force. */
function* powerCycle(
  tested: TestedStation,
  options: SelfTestOptions,
): Generator<Wish, Pick<FoundAbilities, 'powerCycled' | 'preBootPower_W'>, Outcome> {
  const before = tested.boots();
  const car = drawing(tested);
  if (options.reset) {
    yield { kind: 'ask', text: 'Reset (hard)', request: tested.dialect().reset() };
  }
  const text = options.reset
    ? 'waits for the station to restart'
    : 'SWITCH THE STATION OFF AND ON AGAIN at its supply';
  const met = (): boolean => tested.boots() > before && tested.floorVerified();
  const cycle = yield { kind: 'until', text, met, most_s: 600 };
  if (!cycle.met) {
    tested.finding('no restart seen: pre-boot power counts at rated power');
    return { powerCycled: false };
  }
  if (car) {
    const metered = (): boolean => tested.bootPeak_A() !== undefined;
    yield { kind: 'until', text: 'waits for its meter values', met: metered, most_s: 20 };
  }
  const peak_A = tested.bootPeak_A();
  if (!car || peak_A === undefined) {
    tested.finding('restarted and took its floor; pre-boot power not measured (no vehicle drew)');
    return { powerCycled: true };
  }
  const preBootPower_W = Math.round(peak_A * tested.station().phases * tested.nominal_V);
  tested.finding(`drew up to ${peak_A.toFixed(1)} A between restart and its floor`);
  return { powerCycled: true, preBootPower_W };
}
