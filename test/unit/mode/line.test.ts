import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  type Claim,
  CLAIMS,
  type Evidence,
  initialLine,
  judgeEvidence,
  type LineState,
  nextLine,
  RETURN,
} from '../../../src/mode';
import { type Instant, instant, later } from '../../../src/time';

const NOW = instant(10_000_000);
const KEPT = { returnsWithinHour: 0, latched: false, random: 0 };
const step = (
  s: LineState,
  good: boolean,
  now: Instant,
  more: {
    random?: number;
    personReleases?: boolean;
    restarted?: boolean;
    drilled?: boolean;
  } = {},
) => nextLine(s, { good, text: 'because', random: 0, personReleases: false, ...more }, now);

/** Runs good records a second until the line is fed; the instant, or undefined within `max` s. */
function untilFed(from: LineState, start: Instant, max: number) {
  let s = from;
  for (let i = 1; i <= max; i += 1) {
    const now = later(start, i * 1000);
    const next = step(s, true, now);
    s = next.state;
    if (next.feed) return { s, seconds: i, now };
  }
  return undefined;
}

describe('claims by mode', () => {
  const all = [...new Set(Object.values(CLAIMS).flat())];
  const evidence = (claims: readonly Claim[], value = true): Evidence =>
    Object.fromEntries(claims.map((c) => [c, value]));

  it('feeds exactly when every claim of the mode holds, and names the one that does not', () => {
    for (const mode of ['normal', 'blind', 'static', 'cut', 'service'] as const) {
      assert.deepEqual(judgeEvidence(mode, evidence(CLAIMS[mode])), { feed: true });
      for (const claim of CLAIMS[mode]) {
        const missing = { ...evidence(all), [claim]: false };
        const verdict = judgeEvidence(mode, missing);
        assert(!verdict.feed && verdict.claim === claim && verdict.text.length > 10);
        const unknown = evidence(all.filter((c) => c !== claim));
        assert.equal(judgeEvidence(mode, unknown).feed, false);
      }
      assert.equal(judgeEvidence(mode, {}).feed, false);
    }
  });

  it('asks for a grid measurement in normal only: a lost meter never drops the line', () => {
    assert(CLAIMS.normal.includes('grid-fresh'));
    for (const mode of ['blind', 'static', 'cut', 'service'] as const) {
      assert(!CLAIMS[mode].includes('grid-fresh'));
      assert(!CLAIMS[mode].includes('proved-or-reserved'));
      assert(CLAIMS[mode].includes('nothing-above-static'));
    }
  });

  it('asks in every mode for a fresh, consistent, decided record and a sane clock', () => {
    for (const claims of Object.values(CLAIMS)) {
      for (const c of [
        'record-fresh',
        'record-consistent',
        'decision-done',
        'clock-sane',
      ] as const) {
        assert(claims.includes(c));
      }
    }
  });
});

describe('start and return of the line', () => {
  it('is open from power-on and fed after three good records at a first or clean start', () => {
    for (const start of ['first', 'clean'] as const) {
      const s = initialLine(start, KEPT, NOW);
      assert.equal(s.line, 'open');
      assert.equal(untilFed(s, NOW, 10)?.seconds, RETURN.goodAtStart);
    }
  });

  it('counts good records in a row only', () => {
    let s = initialLine('first', KEPT, NOW);
    for (const good of [true, true, false, true, true]) {
      const next = step(s, good, NOW);
      assert.equal(next.feed, false);
      s = next.state;
    }
    assert.equal(step(s, true, NOW).feed, true);
  });

  it('costs one edge for each record that is not good, and drops when none came for 3 s', () => {
    const fed = untilFed(initialLine('first', KEPT, NOW), NOW, 10);
    assert(fed !== undefined);
    for (const ms of [1000, 2999]) {
      const held = step(fed.s, false, later(fed.now, ms));
      assert.deepEqual([held.feed, held.state.line, held.state.good], [false, 'fed', 0]);
      assert.equal(step(held.state, true, later(fed.now, ms)).feed, true);
    }
    const dropped = step(fed.s, false, later(fed.now, 3000), { random: 0.5 });
    assert.equal(dropped.feed, false);
    assert.equal(dropped.state.line, 'open');
    assert.equal(dropped.state.whyOpen, 'because');
    assert.equal(dropped.state.delay_ms, 300_000);
  });

  it('takes a good record after 4 s without an edge for a return: the relay has opened', () => {
    const fed = untilFed(initialLine('first', KEPT, NOW), NOW, 10);
    assert(fed !== undefined);
    assert.equal(step(fed.s, true, later(fed.now, 3999)).feed, true);
    const late = step(fed.s, true, later(fed.now, 4000));
    assert.deepEqual([late.feed, late.state.line, late.state.start], [false, 'open', 'return']);
    assert.equal(untilFed(late.state, later(fed.now, 4000), 700)?.seconds, 60);
  });

  it('takes a site that was started again for a return, whether the line was up or not yet', () => {
    const fed = untilFed(initialLine('first', KEPT, NOW), NOW, 10);
    assert(fed !== undefined);
    for (const from of [fed.s, initialLine('clean', KEPT, NOW)]) {
      const again = step(from, true, later(fed.now, 1000), { restarted: true, random: 0.25 });
      const { line, start, good } = again.state;
      assert.deepEqual([again.feed, line, start, good], [false, 'open', 'return', 1]);
      assert.equal(again.state.whyOpen, 'the site process was started again');
      assert.equal(untilFed(again.state, later(fed.now, 1000), 700)?.seconds, 210);
    }
  });

  it('returns after at least 60 s, 30 good records and the seeded delay, whichever is last', () => {
    const table: readonly (readonly [number, number])[] = [
      [0, 60],
      [0.25, 210],
      [0.999_999, 660],
    ];
    for (const [random, seconds] of table) {
      const s = initialLine('return', { ...KEPT, random }, NOW);
      assert.equal(untilFed(s, NOW, 700)?.seconds, seconds);
    }
    let s = initialLine('return', KEPT, NOW);
    for (let i = 1; i <= 59; i += 1) s = step(s, i < 50, later(NOW, i * 1000)).state;
    assert.equal(untilFed(s, later(NOW, 59_000), 700)?.seconds, RETURN.good);
  });

  it('latches dynamic operation off with the fourth return within an hour; the line is fed all the same', () => {
    let s = initialLine('return', KEPT, NOW);
    let now = NOW;
    const latched: boolean[] = [];
    for (let n = 0; n < 5; n += 1) {
      const fed = untilFed(s, now, 700);
      assert(fed !== undefined);
      latched.push(fed.s.latched);
      now = later(fed.now, 3000);
      s = step(fed.s, false, now).state;
    }
    assert.deepEqual(latched, [false, false, false, true, true]);
  });

  it('a return counts unless a drill opened the line and all was well until it was fed again', () => {
    const first = untilFed(initialLine('first', KEPT, NOW), NOW, 10);
    assert(first !== undefined);
    const at = later(first.now, 4000);
    const countsAfter = (...steps: readonly Parameters<typeof step>[3][]): number | undefined => {
      let s = first.s;
      steps.forEach((more, i) => {
        s = step(s, more?.drilled === undefined && i > 0, later(at, i * 1000), more).state;
      });
      return untilFed(s, later(at, steps.length * 1000), 700)?.s.returns.length;
    };
    const drill = { drilled: true };
    assert.equal(countsAfter({}), 1, 'without a drill');
    assert.equal(countsAfter(drill), 0);
    assert.equal(countsAfter(drill, drill, drill), 0, 'a drill lasts some seconds');
    assert.equal(countsAfter(drill, {}, drill), 0, 'nor is what was good in between');
    assert.equal(countsAfter(drill, { drilled: false }), 1, 'a failure while it is open');
    assert.equal(countsAfter({}, drill), 1, 'a drill afterwards excuses nothing');
    assert.equal(countsAfter({ drilled: true, restarted: true }), 1, 'nor does it a new process');
  });

  it('forgets returns after an hour, and the latch only by a person', () => {
    const s = initialLine('return', { ...KEPT, returnsWithinHour: 3, latched: true }, NOW);
    assert.equal(s.returns.length, 3);
    const hours = later(NOW, 3 * RETURN.hour_ms);
    const after = step(s, false, hours).state;
    assert.equal(after.returns.length, 0);
    assert.equal(after.latched, true);
    assert.equal(step(after, false, hours, { personReleases: true }).state.latched, false);
  });

  it('says why it is open from the beginning', () => {
    const texts = (['first', 'clean', 'return'] as const).map(
      (start) => initialLine(start, KEPT, NOW).whyOpen,
    );
    assert.deepEqual(texts, ['power-on', 'power-on', 'start after an unclean stop']);
  });

  it('keeps what survived a reboot as careful as it was', () => {
    for (const kept of [0, 1, 2, 3, 50]) {
      const s = initialLine('return', { ...KEPT, returnsWithinHour: kept }, NOW);
      assert.equal(s.returns.length, Math.min(kept, RETURN.perHour));
    }
  });

  it('never feeds without a good record, and never before its rules, for any course of records', () => {
    const records = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 5000 })), {
      maxLength: 200,
    });
    const start = fc.constantFrom('first', 'clean', 'return');
    fc.assert(
      fc.property(
        start,
        records,
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        (kind, course, random) => {
          let s = initialLine(kind, { ...KEPT, random }, NOW);
          let now = NOW;
          let run = 0;
          for (const [good, ms] of course) {
            now = later(now, ms);
            const before = s;
            run = good ? run + 1 : 0;
            const next = step(s, good, now, { random });
            s = next.state;
            if (!next.feed) {
              const held = s.fedAt !== undefined && now - s.fedAt < RETURN.hold_ms;
              assert(s.line === 'open' || held);
              continue;
            }
            assert(good);
            if (before.line === 'fed') {
              assert(before.fedAt !== undefined && now - before.fedAt < RETURN.gone_ms);
              continue;
            }
            assert(run >= (before.start === 'return' ? RETURN.good : RETURN.goodAtStart));
            if (before.start === 'return') {
              assert(now - before.openSince >= RETURN.wait_ms + before.delay_ms);
            }
          }
        },
      ),
      { seed: 111, numRuns: 200 },
    );
  });
});
