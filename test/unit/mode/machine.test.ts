import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  initialMode,
  MODE_LIMITS,
  type ModeInput,
  type ModeState,
  type ModeTransition,
  nextMode,
} from '../../../src/mode';
import type { Mode } from '../../../src/model';
import { type Instant, instant, later } from '../../../src/time';

const NOW = instant(50_000_000);
const GOOD: ModeInput = {
  grid: 'fresh',
  recordGood: true,
  decision: 'done',
  stations: 'fresh',
  line: 'energised',
  supervisor: 'answers',
  latched: false,
  emergencyStop: false,
  bessBackup: false,
  person: 'none',
};
const input = (change: Partial<ModeInput> = {}): ModeInput => ({ ...GOOD, ...change });
const state = (mode: Mode, change: Partial<ModeState> = {}): ModeState => ({
  mode,
  since: instant(0),
  why: 'test',
  good: 0,
  starting: false,
  forced: false,
  stopUnacknowledged: false,
  ...change,
});
const move = (from: ModeState, change: Partial<ModeInput> = {}, now: Instant = NOW) =>
  nextMode(from, input(change), now);

interface Row {
  readonly from: Mode;
  readonly to: Mode;
  readonly change: Partial<ModeInput>;
  readonly says: string;
  readonly good?: number;
}
const service = { serviceUntil: later(NOW, 60_000) } as const;
/** Every move that exists, with one cause each; the tags are what tidy looks for. */
const MOVES: Readonly<Record<string, Row>> = {
  '[mode:static>normal] after ten good records': {
    from: 'static',
    to: 'normal',
    good: 9,
    change: {},
    says: '10 good records',
  },
  '[mode:blind>normal] after ten good records': {
    from: 'blind',
    to: 'normal',
    good: 9,
    change: {},
    says: '10 good records',
  },
  '[mode:normal>blind] when the grid meter freezes': {
    from: 'normal',
    to: 'blind',
    change: { grid: 'frozen' },
    says: 'frozen',
  },
  '[mode:normal>static] when the decision fails': {
    from: 'normal',
    to: 'static',
    change: { decision: 'failed' },
    says: 'decision failed',
  },
  '[mode:blind>static] when the stations process is silent': {
    from: 'blind',
    to: 'static',
    change: { grid: 'silent', stations: 'silent' },
    says: 'stations',
  },
  '[mode:static>blind] when only the meter is left': {
    from: 'static',
    to: 'blind',
    change: { grid: 'implausible' },
    says: 'implausible',
  },
  '[mode:normal>cut] when the line drops': {
    from: 'normal',
    to: 'cut',
    change: { line: 'dropped' },
    says: 'line is open',
  },
  '[mode:static>cut] when the line drops': {
    from: 'static',
    to: 'cut',
    change: { line: 'dropped' },
    says: 'line is open',
  },
  '[mode:blind>cut] when the line drops': {
    from: 'blind',
    to: 'cut',
    change: { grid: 'silent', line: 'dropped' },
    says: 'line is open',
  },
  '[mode:cut>static] when the line is back': {
    from: 'cut',
    to: 'static',
    change: {},
    says: 'good records',
  },
  '[mode:static>service] when a grant opens': {
    from: 'static',
    to: 'service',
    change: service,
    says: 'technician',
  },
  '[mode:normal>service] when a grant opens': {
    from: 'normal',
    to: 'service',
    change: service,
    says: 'technician',
  },
  '[mode:blind>service] when a grant opens': {
    from: 'blind',
    to: 'service',
    change: { ...service, grid: 'silent' },
    says: 'technician',
  },
  '[mode:service>static] when the grant ends': {
    from: 'service',
    to: 'static',
    good: 99,
    change: {},
    says: 'left service',
  },
  '[mode:service>cut] when the line drops': {
    from: 'service',
    to: 'cut',
    change: { ...service, line: 'dropped' },
    says: 'line is open',
  },
};

describe('mode machine: moves', () => {
  for (const [title, row] of Object.entries(MOVES)) {
    it(title, () => {
      const { state: next, transition } = move(
        state(row.from, { good: row.good ?? 0 }),
        row.change,
      );
      assert.equal(next.mode, row.to);
      const { from, to, at, why }: ModeTransition = transition ?? assert.fail('no transition');
      assert.deepEqual([from, to, at], [row.from, row.to, NOW]);
      assert.match(why, new RegExp(row.says));
      assert.equal(next.since, NOW);
    });
  }

  it('no other move happens in one step, whatever the input', () => {
    const known = new Set(Object.values(MOVES).map((r) => `${r.from}>${r.to}`));
    assert.equal(known.size, 15);
    fc.assert(
      fc.property(arbState, arbInput, (from, given) => {
        const { transition } = nextMode(from, given, NOW);
        if (transition === undefined) return;
        assert(known.has(`${transition.from}>${transition.to}`), JSON.stringify(transition));
      }),
      { seed: 101, numRuns: 4000 },
    );
  });
});

const arbState: fc.Arbitrary<ModeState> = fc.record({
  mode: fc.constantFrom('normal', 'blind', 'static', 'cut', 'service'),
  since: fc.constantFrom(instant(0), NOW, instant(NOW - MODE_LIMITS.service_ms)),
  why: fc.constant('x'),
  good: fc.integer({ min: 0, max: 40 }),
  starting: fc.boolean(),
  forced: fc.boolean(),
  stopUnacknowledged: fc.boolean(),
});
const arbInput: fc.Arbitrary<ModeInput> = fc.record(
  {
    grid: fc.constantFrom('fresh', 'silent', 'frozen', 'implausible'),
    recordGood: fc.boolean(),
    decision: fc.constantFrom('done', 'failed'),
    stations: fc.constantFrom('fresh', 'silent'),
    line: fc.constantFrom('energised', 'dropped', 'unknown'),
    supervisor: fc.constantFrom('answers', 'silent'),
    latched: fc.boolean(),
    emergencyStop: fc.boolean(),
    bessBackup: fc.boolean(),
    serviceUntil: fc.constantFrom(instant(1), NOW, later(NOW, 1), later(NOW, 1e9)),
    person: fc.constantFrom('none', 'force-static', 'leave-static', 'acknowledge-stop'),
  },
  {
    requiredKeys: [
      'grid',
      'recordGood',
      'decision',
      'stations',
      'line',
      'supervisor',
      'latched',
      'emergencyStop',
      'bessBackup',
      'person',
    ],
  },
);

/** Each thing that may be known or not, from good to bad; one step of this is never more freedom. */
const WORSE: readonly Partial<ModeInput>[] = [
  { grid: 'silent' },
  { grid: 'implausible' },
  { recordGood: false },
  { decision: 'failed' },
  { stations: 'silent' },
  { line: 'unknown' },
  { line: 'dropped' },
  { supervisor: 'silent' },
  { latched: true },
  { emergencyStop: true },
  { bessBackup: true },
];

describe('mode machine: rules', () => {
  it('normal is never reached with anything unknown, failed, latched, stopped or forced', () => {
    fc.assert(
      fc.property(arbState, arbInput, (from, given) => {
        const { state: next } = nextMode(from, given, NOW);
        if (next.mode !== 'normal') return;
        assert.equal(given.grid, 'fresh');
        assert.equal(given.stations, 'fresh');
        assert.equal(given.line, 'energised');
        assert.equal(given.supervisor, 'answers');
        assert.equal(given.decision, 'done');
        assert(!given.latched && !given.emergencyStop && !given.bessBackup);
        assert(!next.forced && !next.stopUnacknowledged);
        if (from.mode !== 'normal') assert(given.recordGood);
      }),
      { seed: 102, numRuns: 4000 },
    );
  });

  it('a worse input never leads from a careful mode to normal', () => {
    fc.assert(
      fc.property(arbState, arbInput, fc.constantFrom(...WORSE), (from, given, worse) => {
        const better = nextMode(from, given, NOW).state.mode;
        const after = nextMode(from, { ...given, ...worse }, NOW).state.mode;
        if (better !== 'normal') assert.notEqual(after, 'normal');
      }),
      { seed: 103, numRuns: 4000 },
    );
  });

  it('ten good records in a row after each excursion, however long it was good before', () => {
    let at = state('normal', { good: 5000 });
    at = move(at, { supervisor: 'silent' }).state;
    assert.equal(at.mode, 'static');
    for (let i = 1; i <= 9; i += 1) {
      at = move(at).state;
      assert.equal(at.mode, 'static', `record ${i}`);
    }
    assert.equal(move(at, { recordGood: false }).state.good, 0);
    assert.equal(move(at).state.mode, 'normal');
  });

  it('three good records at a first or clean start, ten after a return', () => {
    for (const [start, needed] of [
      ['first', 3],
      ['clean', 3],
    ] as const) {
      let at = initialMode(start, NOW);
      assert.equal(at.mode, 'static');
      for (let i = 1; i < needed; i += 1) at = move(at).state;
      assert.equal(at.mode, 'static');
      assert.equal(move(at).state.mode, 'normal');
    }
    let at = initialMode('return', NOW);
    assert.equal(at.mode, 'cut');
    const modes = Array.from({ length: 12 }, () => {
      at = move(at).state;
      return at.mode;
    });
    assert.equal(modes.indexOf('normal'), 9);
  });

  it('a line that was never closed at a start is no drop; later it is', () => {
    const started = move(initialMode('first', NOW), { line: 'dropped' }).state;
    assert.equal(started.mode, 'static');
    const running = state('static', { starting: false });
    assert.equal(move(running, { line: 'dropped' }).state.mode, 'cut');
  });

  it('a blind or dropped period starts the count anew', () => {
    for (const change of [
      { grid: 'silent' },
      { stations: 'silent' },
      { line: 'dropped' },
    ] as const) {
      assert.equal(move(state('static', { good: 8 }), change).state.good, 0);
    }
  });

  it('forced static lasts until a person lifts it', () => {
    let at = move(state('normal', { good: 50 }), { person: 'force-static' }).state;
    for (let i = 0; i < 30; i += 1) at = move(at).state;
    assert.equal(at.mode, 'static');
    assert.match(at.why, /a person forced static/);
    assert.equal(move(at, { person: 'leave-static' }).state.mode, 'normal');
  });

  it('an emergency stop holds until it is released and then acknowledged on site', () => {
    let at = move(state('normal'), { emergencyStop: true }).state;
    at = move(at, { emergencyStop: true, person: 'acknowledge-stop' }).state;
    for (let i = 0; i < 20; i += 1) at = move(at).state;
    assert.equal(at.mode, 'static');
    at = move(at, { person: 'acknowledge-stop' }).state;
    assert.equal(at.stopUnacknowledged, false);
    assert.equal(at.mode, 'normal');
  });

  it('a service session ends by itself, and the same grant opens no second one', () => {
    const serviceUntil = later(NOW, 100 * MODE_LIMITS.service_ms);
    let at = move(state('normal'), { serviceUntil }).state;
    const before = later(NOW, MODE_LIMITS.service_ms - 1);
    assert.equal(move(at, { serviceUntil }, before).state.mode, 'service');
    const end = later(NOW, MODE_LIMITS.service_ms);
    at = move(at, { serviceUntil }, end).state;
    assert.equal(at.mode, 'static');
    assert.equal(move(at, { serviceUntil }, later(end, 1000)).state.mode !== 'service', true);
    const another = { serviceUntil: later(serviceUntil, 1) };
    assert.equal(move(at, another, later(end, 1000)).state.mode, 'service');
  });

  it('static forced by a person ends the session; only another grant opens one', () => {
    let at = move(state('service', { since: NOW }), { ...service, person: 'force-static' }).state;
    assert.deepEqual([at.mode, at.why], ['static', 'a person forced static']);
    at = move(at, service).state;
    assert.equal(at.mode, 'static');
    at = move(at, { ...service, person: 'leave-static' }).state;
    assert.notEqual(at.mode, 'service');
    const forced = move(state('normal'), { person: 'force-static' }).state;
    const opened = move(forced, service).state;
    assert.equal(opened.mode, 'service');
    assert.equal(move(opened).state.mode, 'static', 'and static goes on after it');
  });

  it('a session that the line interrupted may go on with the same grant', () => {
    let at = move(state('service', { since: instant(NOW - 1000) }), {
      ...service,
      line: 'dropped',
    }).state;
    assert.equal(at.mode, 'cut');
    at = move(at, service).state;
    assert.equal(at.mode, 'static');
    assert.equal(move(at, service).state.mode, 'service');
  });

  it('a careful reason stronger than service ends the session', () => {
    for (const change of [
      { latched: true },
      { emergencyStop: true },
      { supervisor: 'silent' },
    ] as const) {
      assert.equal(
        move(state('service', { since: NOW }), { ...service, ...change }).state.mode,
        'static',
      );
    }
  });
});
