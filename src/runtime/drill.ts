/**
 * Drills: proofs in the field that a protection works. Pure reducer; the runtime only asks it
 * what to leave out and tells it what it sees.
 *
 * silence: one station's lease is not renewed; does it fall to its floor by itself, in what
 * time, and does the site meter see it? line: the supervisor gives one line no edges; does the
 * relay drop, do all stations on it go to their cut value? meter: the grid meter's answers are left
 * unused; is all commanded to static, and does the site come back? uplink: the CPO counts as lost;
 * does nothing else change? SAFETY.md "Plausibility": never while support above the limit is
 * granted, ended by any alarm.
 */
import { between, type Instant, later } from '../time';

export const DRILL_KINDS = ['silence', 'line', 'meter', 'uplink'] as const;
export type DrillKind = (typeof DRILL_KINDS)[number];

export interface Drill {
  readonly kind: DrillKind;
  /** Station of a silence drill, line of a line drill, else the kind itself. */
  readonly subject: string;
  readonly began: Instant;
  readonly phase: 'running' | 'passed' | 'failed' | 'aborted';
  /** Declared bound, s. */
  readonly bound_s: number;
  /** From the last renewal, the last edge or the begin to the static value, s. */
  readonly measured_s?: number;
  /** Silence: it was seen to draw well above its floor, so a fall can be seen. */
  readonly visible?: boolean;
  readonly text: string;
}

/** What a drill is started on and judged by; all from the latest cycle. */
export interface DrillFacts {
  readonly mode: string;
  /** Somebody has chosen this mode while the drill runs; absent: nobody has. */
  readonly byPerson?: true;
  readonly support_W: number;
  readonly alarms: readonly string[];
  /** Lease of the station, if it is live and above the floor. */
  readonly raised: boolean;
  /** When that lease was last renewed. */
  readonly renewed_at?: Instant;
  readonly ttl_ms: number;
  /** Own meter of the station(s): greatest current above the static value, A; absent: unknown. */
  readonly aboveStatic_A?: number;
  readonly line: 'energised' | 'dropped' | 'unknown';
  /** The station may not be raised as drills stand: one lease is granted for the drill. */
  readonly barred: boolean;
  /** Current left below the import limit, A; absent: unknown. */
  readonly headroom_A?: number;
  /** Any station is commanded above its static value. */
  readonly anyRaised: boolean;
  readonly uplink: 'up' | 'down' | 'none';
  /** By how much the station's report, and the site meter without it, fell since the begin, W. */
  readonly drop?: { readonly reported_W: number; readonly seen_W: number };
}

/** A current this close to static is static, A. */
const SLACK_A = 0.6;
/** A station that draws no more than this above its floor shows nothing on the site meter, A. */
const VISIBLE_A = 4;
/** A station that may not be raised otherwise gets so much above its floor for the drill, A. */
export const GRANT_A = 8;
/** Vehicle and one meter interval after the lease ended (SAFETY.md: TTL + 7 s), and 5 s. */
const AFTER_LEASE_ms = 12_000;
/** The fall has its bound; the site meter may confirm it so much later, s. */
const CONFIRM_s = 8;
/** Line 4 s, vehicle 5 s, meter interval 5 s. */
const LINE_ms = 14_000;
/** Meter and uplink are left unused so long. */
export const AWAY_ms = 20_000;
/** Ten good records, and ten more. */
const BACK_ms = 20_000;
/** `blind` follows within a cycle or two. */
const NOTICE_ms = 4000;
/** The site meter must see at least this share of the drop that the station reports. */
const SEEN_SHARE = 0.5;
/** Alarms that a drill itself raises. */
const EXPECTED: Readonly<Record<DrillKind, readonly string[]>> = {
  silence: [],
  line: ['line-dropped'],
  meter: ['meter-silent'],
  uplink: ['uplink-down'],
};
/** Alarms that only a drill can clear, or that say nothing of the site itself. */
const DUTIES: readonly string[] = ['drill-overdue', 'drill-failed', 'clock-jumped'];
/** Alarms that say that what is drilled lies or does not obey: the drill has failed, not ended. */
const DISOBEYS: Readonly<Record<DrillKind, readonly string[]>> = {
  silence: ['meter-mismatch', 'station-overdraw', 'meter-implausible'],
  line: ['line-stuck'],
  meter: [],
  uplink: [],
};

/** No command takes support away and leaves the site in `normal`, from which drills start. */
const NO_SUPPORT = 'it ends when cars and building need less; start the drill then';

/** Starts a drill, or says why not. Pure. */
export function startDrill(
  kind: DrillKind,
  subject: string,
  f: DrillFacts,
  now: Instant,
): Drill | { readonly refused: string } {
  const refused = kind === 'uplink' ? uplinkRefusal(f) : undefined;
  if (refused !== undefined) return { refused };
  if (f.mode !== 'normal') return { refused: `mode is ${f.mode}; drills start from normal only` };
  const active = f.alarms.filter((a) => !DUTIES.includes(a));
  if (active.length > 0) return { refused: `alarms are active: ${active.join(', ')}` };
  if (f.support_W > 0) {
    return {
      refused: `${f.support_W.toFixed(0)} W of support above the limit are granted; ${NO_SUPPORT}`,
    };
  }
  const silent = kind === 'silence' ? silenceRefusal(subject, f) : undefined;
  if (silent !== undefined) return { refused: silent };
  const bound_ms = {
    silence: f.ttl_ms + AFTER_LEASE_ms,
    line: LINE_ms,
    meter: AWAY_ms + BACK_ms,
    uplink: AWAY_ms + BACK_ms,
  }[kind];
  const text = {
    silence: 'its lease is no longer renewed',
    line: 'no edges are given',
    meter: 'the grid meter’s answers are left unused',
    uplink: 'the CPO counts as lost',
  }[kind];
  return { kind, subject, began: now, phase: 'running', bound_s: bound_ms / 1000, text };
}

function silenceRefusal(subject: string, f: DrillFacts): string | undefined {
  const above_A = f.aboveStatic_A;
  if (f.barred) {
    if ((f.headroom_A ?? 0) < GRANT_A) {
      return `less than ${GRANT_A} A are free: ${subject} cannot be raised for the drill`;
    }
    // A vehicle that takes what its floor gives will take more.
    if (above_A === undefined || above_A < -2) return `${subject} does not charge`;
    return undefined;
  }
  if (!f.raised) return `${subject} holds no lease above its floor; start while it charges`;
  if (above_A !== undefined && above_A >= VISIBLE_A) return undefined;
  const text = `${subject} draws less than ${VISIBLE_A} A above its floor`;
  return `${text}: the site meter could not confirm that it falls`;
}

const uplinkRefusal = (f: DrillFacts): string | undefined =>
  f.uplink === 'none'
    ? 'the site file has no uplink'
    : f.uplink === 'down'
      ? 'the uplink is down already'
      : undefined;

/** The drill after one more cycle. Pure. */
export function nextDrill(drill: Drill, f: DrillFacts, now: Instant): Drill {
  if (drill.phase !== 'running') return drill;
  const expected = [...EXPECTED[drill.kind], ...DUTIES];
  const foreign = f.alarms.find((a) => !expected.includes(a));
  if (foreign !== undefined) {
    const caught = DISOBEYS[drill.kind].includes(foreign);
    return end(drill, caught ? 'failed' : 'aborted', `alarm ${foreign}`);
  }
  if (f.byPerson === true) return end(drill, 'aborted', `a person chose mode ${f.mode}`);
  if (f.support_W > 0) return end(drill, 'aborted', 'support above the limit was granted');
  switch (drill.kind) {
    case 'silence':
      return silence(drill, f, now);
    case 'line':
      return line(drill, f, now);
    case 'meter':
      return meter(drill, f, now);
    case 'uplink':
      return uplink(drill, f, now);
  }
}

function silence(before: Drill, f: DrillFacts, now: Instant): Drill {
  // All leases are taken back now: whether this one ends by itself cannot be seen.
  if (f.mode !== 'normal') return end(before, 'aborted', `the mode is ${f.mode}`);
  const visible = before.visible === true || (f.aboveStatic_A ?? 0) >= VISIBLE_A;
  const drill = { ...before, visible };
  if (!visible) {
    if (between(drill.began, now) < f.ttl_ms) return drill;
    return end(
      drill,
      'aborted',
      'it did not take what it was given: nothing could be seen to fall',
    );
  }
  const measured_s = between(f.renewed_at ?? drill.began, now) / 1000;
  const atStatic = f.aboveStatic_A !== undefined && f.aboveStatic_A <= SLACK_A;
  const { drop } = f;
  const confirmed = drop !== undefined && drop.seen_W >= SEEN_SHARE * drop.reported_W;
  const late = drill.measured_s === undefined && measured_s > drill.bound_s;
  if (!late && !f.raised && atStatic) {
    // The first moment counts; the site meter may confirm a little later.
    const held = { ...drill, measured_s: drill.measured_s ?? measured_s };
    if (confirmed) {
      const text = `at its floor ${held.measured_s.toFixed(1)} s after the last renewal, seen by the site meter`;
      return end(held, 'passed', text);
    }
    if (measured_s <= drill.bound_s + CONFIRM_s) {
      return { ...held, text: 'waiting for the site meter' };
    }
    const seen = drop === undefined ? 'nothing' : `${drop.seen_W.toFixed(0)} W`;
    const reported = drop === undefined ? '' : `${drop.reported_W.toFixed(0)} W `;
    return end(held, 'failed', `it reports ${reported}less, the site meter saw ${seen} less`);
  }
  if (measured_s <= drill.bound_s) return drill;
  const why = f.raised ? 'its lease is still live' : stillDraws(f);
  return { ...end(drill, 'failed', `${why} after ${measured_s.toFixed(0)} s`), measured_s };
}

const stillDraws = (f: DrillFacts): string =>
  f.aboveStatic_A === undefined
    ? 'its own meter is not known'
    : `it still draws ${f.aboveStatic_A.toFixed(1)} A above static`;

function line(drill: Drill, f: DrillFacts, now: Instant): Drill {
  const measured_s = between(drill.began, now) / 1000;
  const atStatic = f.aboveStatic_A !== undefined && f.aboveStatic_A <= SLACK_A;
  if (f.line === 'dropped' && atStatic) {
    const text = `at its cut value ${measured_s.toFixed(1)} s after the last edge`;
    return { ...end(drill, 'passed', text), measured_s };
  }
  if (measured_s <= drill.bound_s) return drill;
  const why = f.line === 'dropped' ? stillDraws(f) : 'the relay did not drop';
  return { ...end(drill, 'failed', `${why} after ${measured_s.toFixed(0)} s`), measured_s };
}

function meter(drill: Drill, f: DrillFacts, now: Instant): Drill {
  const since_ms = between(drill.began, now);
  if (f.line === 'dropped') return end(drill, 'failed', 'a lost meter dropped the line');
  if (since_ms < AWAY_ms) {
    if (since_ms > NOTICE_ms && f.mode !== 'blind') {
      return end(drill, 'failed', `mode ${f.mode} without a grid meter`);
    }
    if (since_ms > NOTICE_ms && f.anyRaised) {
      return end(drill, 'failed', 'a station is commanded above static without a grid meter');
    }
    const still = f.aboveStatic_A === undefined || f.aboveStatic_A > SLACK_A;
    if (drill.measured_s !== undefined || f.mode !== 'blind' || still) return drill;
    const measured_s = since_ms / 1000;
    return { ...drill, measured_s, text: `all stations at static after ${measured_s} s` };
  }
  if (drill.measured_s === undefined) {
    return end(
      drill,
      'failed',
      `${stillDraws(f)} ${(since_ms / 1000).toFixed(0)} s after the meter`,
    );
  }
  if (f.mode === 'normal') {
    const back_s = (since_ms - AWAY_ms) / 1000;
    const at = `all stations at static ${drill.measured_s.toFixed(1)} s after the last answer`;
    return end(drill, 'passed', `${at}, normal ${back_s.toFixed(1)} s after the next one`);
  }
  if (since_ms <= drill.bound_s * 1000) return { ...drill, text: 'waiting for mode normal' };
  return end(drill, 'failed', `mode ${f.mode} ${BACK_ms / 1000} s after the meter was back`);
}

function uplink(drill: Drill, f: DrillFacts, now: Instant): Drill {
  const since_ms = between(drill.began, now);
  if (f.mode !== 'normal') return end(drill, 'failed', `without the CPO the mode is ${f.mode}`);
  if (f.line !== 'energised') return end(drill, 'failed', 'without the CPO the line is open');
  if (since_ms < AWAY_ms) return drill;
  if (f.uplink === 'up') {
    const measured_s = (since_ms - AWAY_ms) / 1000;
    const text = `mode and line unchanged for ${AWAY_ms / 1000} s, the CPO back after ${measured_s} s`;
    return { ...end(drill, 'passed', text), measured_s };
  }
  if (since_ms <= drill.bound_s * 1000) return { ...drill, text: 'waiting for the CPO' };
  return end(drill, 'failed', `the CPO was not back after ${BACK_ms / 1000} s`);
}

/** Until when the drilled part is left unused; absent when nothing is. Pure. */
export const unusedUntil = (drill: Drill | undefined, kind: DrillKind): Instant | undefined =>
  drill?.phase === 'running' && drill.kind === kind ? later(drill.began, AWAY_ms) : undefined;

/** A person stops it. Pure. */
export const abortDrill = (drill: Drill): Drill =>
  drill.phase === 'running' ? end(drill, 'aborted', 'stopped by a person') : drill;

const end = (drill: Drill, phase: Drill['phase'], text: string): Drill => ({
  ...drill,
  phase,
  text,
});
