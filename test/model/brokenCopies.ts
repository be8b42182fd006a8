/** Deliberately broken rules, one per property: the check must catch each on its property. */
import type { ModeInput, ModeState } from '../../src/mode';
import { CLAIMS } from '../../src/mode';
import { PRODUCT, type Rules } from './world';

type Change = (input: ModeInput) => ModeInput;

/** The machine is told something nicer than the truth. */
const deceived = (change: Change): Rules => ({
  ...PRODUCT,
  nextMode: (state, input, now) => PRODUCT.nextMode(state, change(input), now),
});

/** The machine's state is tampered with before each step. */
const tampered = (change: (s: ModeState) => ModeState): Rules => ({
  ...PRODUCT,
  nextMode: (state, input, now) => PRODUCT.nextMode(change(state), input, now),
});

export const BROKEN: Readonly<Record<string, Rules>> = {
  'raised-only-in-normal': { ...PRODUCT, renews: (_m, e) => e.decision === 'done' },
  'blind-without-meter': deceived((i) => ({ ...i, grid: 'fresh', recordGood: true })),
  'static-after-failed-decision': {
    ...deceived((i) => ({ ...i, decision: 'done', recordGood: true })),
    renews: (mode) => mode === 'normal',
  },
  'line-needs-edges': {
    ...PRODUCT,
    // Feeds whatever happened: an edge without a record.
    nextLine: (state, input, now) => ({ ...PRODUCT.nextLine(state, input, now), feed: true }),
  },
  'feed-only-on-claims': { ...PRODUCT, judge: () => ({ feed: true }) },
  'lost-meter-keeps-line': {
    ...PRODUCT,
    claims: { ...CLAIMS, blind: [...CLAIMS.blind, 'grid-fresh'] },
    judge: (mode, evidence) =>
      mode === 'blind'
        ? { feed: false, claim: 'grid-fresh', text: '' }
        : PRODUCT.judge(mode, evidence),
  },
  'cut-when-dropped': deceived((i) => ({ ...i, line: 'energised' })),
  'return-needs-good-records': tampered((s) => ({ ...s, good: s.good + 4 })),
  'line-return-needs-good-records': {
    ...PRODUCT,
    nextLine: (state, input, now) =>
      PRODUCT.nextLine({ ...state, good: Math.max(29, state.good) }, input, now),
  },
  'returns-are-counted': {
    ...PRODUCT,
    nextLine: (state, input, now) => {
      const next = PRODUCT.nextLine({ ...state, returns: state.returns.slice(0, 2) }, input, now);
      return {
        ...next,
        state: { ...next.state, latched: false, returns: state.returns.slice(0, 3) },
      };
    },
  },
  'latched-is-not-normal': deceived((i) => ({ ...i, latched: false })),
  // Leases are renewed only while the CPO can be reached: a dependency on a cloud.
  'links-change-nothing': {
    ...PRODUCT,
    renews: (mode, e, line) => PRODUCT.renews(mode, e, line) && e.uplink === 'up',
  },
  'lost-party-request-ends': { ...PRODUCT, live: (requests) => requests },
  'stop-needs-acknowledgement': tampered((s) => ({ ...s, stopUnacknowledged: false })),
  'forced-stays-forced': tampered((s) => ({ ...s, forced: false })),
  'silent-stations-not-raised': {
    ...deceived((i) => ({ ...i, stations: 'fresh', recordGood: true })),
    renews: (mode) => mode === 'normal',
  },
  'lease-ends': { ...PRODUCT, runsDown: (lease) => lease },
};
