import type { LimitRequest } from '../../src/model';
import { instant } from '../../src/time';
import { watts } from '../../src/units';
import { numberOf, type Property, step } from './world';

const DROPPED = 4;

/** A CPO's request to import no more than 20 kW, until an instant. */
const requestUntil = (end: number): LimitRequest => ({
  id: 'r',
  authority: 'cpo',
  limit: { node: 'grid', import_W: watts(20_000), source: 'cpo', text: 'asked' },
  received_at: instant(0),
  expires_at: instant(end),
});

/** One property per promise; each has a broken copy that it must catch (brokenCopies.ts). */
export const PROPERTIES: readonly Property[] = [
  {
    id: 'raised-only-in-normal',
    says: 'a value is commanded above static only in mode normal',
    holds: (_b, e, a) =>
      e.decision === 'late' || a.commanded === 'static' || a.mode.mode === 'normal',
  },
  {
    id: 'blind-without-meter',
    says: 'without a fresh grid measurement the mode is not normal',
    holds: (_b, e, a) => e.decision === 'late' || e.grid === 'fresh' || a.mode.mode !== 'normal',
  },
  {
    id: 'static-after-failed-decision',
    says: 'a failed decision raises nothing',
    holds: (_b, e, a) => e.decision !== 'failed' || a.commanded === 'static',
  },
  {
    id: 'line-needs-edges',
    says: 'no edge is given in a period without a cycle record',
    holds: (_b, e, a) => e.decision !== 'late' || a.sinceEdge !== 0,
  },
  {
    id: 'feed-only-on-claims',
    says: 'no edge while a claim does not hold in normal',
    holds: (_b, e, a) => e.claimsHold || a.mode.mode !== 'normal' || a.sinceEdge !== 0,
  },
  {
    id: 'lost-meter-keeps-line',
    says: 'a lost meter alone never costs the line an edge',
    holds: (b, e, a) =>
      !(
        b.line.line === 'fed' &&
        b.sinceEdge === 0 &&
        e.grid !== 'fresh' &&
        e.decision === 'done' &&
        e.supervisorAlive &&
        e.claimsHold
      ) || a.sinceEdge === 0,
  },
  {
    id: 'cut-when-dropped',
    says: 'a line that dropped while running puts the mode to cut',
    holds: (b, e, a) =>
      e.decision === 'late' || b.sinceEdge < DROPPED || b.mode.starting || a.mode.mode === 'cut',
  },
  {
    id: 'return-needs-good-records',
    says: 'blind and static are left only after enough good records',
    holds: (b, _e, a) =>
      !(['blind', 'static'].includes(b.mode.mode) && a.mode.mode === 'normal') ||
      a.own.goodRecords >= (b.own.everNormal ? 10 : 3),
  },
  {
    id: 'line-return-needs-good-records',
    says: 'a dropped line returns only after thirty good records',
    holds: (b, _e, a) =>
      !(b.line.line === 'open' && a.line.line === 'fed') ||
      b.line.start !== 'return' ||
      a.own.goodFeeds >= 30,
  },
  {
    id: 'returns-are-counted',
    says: 'more than three returns within an hour latch dynamic operation off',
    holds: (b, _e, a) =>
      !(b.line.line === 'open' && a.line.line === 'fed' && b.line.start === 'return') ||
      b.own.returns < 3 ||
      a.line.latched,
  },
  {
    id: 'latched-is-not-normal',
    says: 'while latched the mode is never normal',
    holds: (b, e, a) => e.decision === 'late' || !b.line.latched || a.mode.mode !== 'normal',
  },
  {
    id: 'links-change-nothing',
    says: 'whatever else happens, the step with a lost CPO or CPMS ends where it ends with both up',
    holds: (b, e, a, rules) =>
      (e.uplink === 'up' && e.cpms === 'up') ||
      numberOf(step(b, { ...e, uplink: 'up', cpms: 'up' }, rules)) === numberOf(a),
  },
  {
    id: 'lost-party-request-ends',
    says: 'a request of a party that is gone counts until its expiry and not a moment longer',
    holds: (_b, e, a, rules) =>
      e.uplink === 'up' ||
      (rules.live([requestUntil(a.now)], instant(a.now)).length === 0 &&
        rules.live([requestUntil(a.now + 1)], instant(a.now)).length === 1),
  },
  {
    id: 'stop-needs-acknowledgement',
    says: 'after an emergency stop nothing is raised until a person acknowledged',
    holds: (b, e, a) =>
      !(b.mode.stopUnacknowledged && e.person !== 'acknowledge-stop') ||
      e.decision === 'late' ||
      a.commanded === 'static',
  },
  {
    id: 'forced-stays-forced',
    says: 'static forced by a person is left only by a person',
    holds: (b, e, a) =>
      !(b.mode.forced && e.person !== 'leave-static') ||
      e.decision === 'late' ||
      a.mode.mode !== 'normal',
  },
  {
    id: 'silent-stations-not-raised',
    says: 'no lease is renewed while the stations process is silent',
    holds: (b, e, a) => e.stations === 'fresh' || a.lease <= b.lease,
  },
  {
    id: 'lease-ends',
    says: 'a lease that is not renewed gets shorter each period until the floor holds',
    holds: (b, _e, a) => a.commanded === 'raised' || a.lease < b.lease || a.lease === 0,
  },
];
