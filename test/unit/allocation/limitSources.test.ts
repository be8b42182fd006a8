import assert from 'node:assert/strict';
import {
  HEARTBEAT_MISSING_ms,
  nextOperator,
  nextWindow,
  type OperatorConfig,
  operatorLimit,
  operatorStart,
  type OperatorState,
  windowLimit,
  windowStart,
} from '../../../src/allocation';
import { instant, later } from '../../../src/time';

const T0 = instant(0);
const at = (s: number): typeof T0 => later(T0, s * 1000);
const CONFIG: OperatorConfig = {
  failsafe_W: 4200,
  failsafeDuration_ms: 2 * 3_600_000,
  selfDetermined_W: 11_000,
};
const BEAT = { heartbeat: true };
const SILENT = { heartbeat: false };

/** Steps of one second with the same input. */
function pass(
  from: OperatorState,
  first: number,
  seconds: number,
  heartbeat: boolean,
): OperatorState {
  let state = from;
  for (let s = first; s < first + seconds; s += 1) {
    state = nextOperator(state, { heartbeat: heartbeat && s % 50 === 0 }, CONFIG, at(s));
  }
  return state;
}

const limited = (value_W: number, s: number): OperatorState => {
  const write = { active: true, value_W };
  return nextOperator(operatorStart(T0), { heartbeat: true, write }, CONFIG, at(s));
};

describe('grid operator signal (EEBUS LPC)', () => {
  it('holds the failsafe value until it is heard, and never an unlimited one when silent', () => {
    const start = operatorStart(T0);
    assert.equal(operatorLimit(start, CONFIG).limit_W, 4200);
    const later = pass(start, 1, 200, false);
    assert.equal(later.phase, 'autonomous');
    assert.equal(operatorLimit(later, CONFIG).limit_W, 11_000);
  });

  it('follows a limit, and a limit without a duration does not expire', () => {
    const state = pass(limited(6000, 1), 2, 3600, true);
    assert.equal(operatorLimit(state, CONFIG).limit_W, 6000);
  });

  it('lets a limit with a duration end, but not one with duration 0', () => {
    const write = { active: true, value_W: 6000, duration_ms: 60_000 };
    const timed = nextOperator(operatorStart(T0), { ...BEAT, write }, CONFIG, at(1));
    assert.equal(operatorLimit(pass(timed, 2, 100, true), CONFIG).limit_W, undefined);
    const zero = { active: true, value_W: 6000, duration_ms: 0 };
    const kept = nextOperator(operatorStart(T0), { ...BEAT, write: zero }, CONFIG, at(1));
    assert.equal(operatorLimit(pass(kept, 2, 100, true), CONFIG).limit_W, 6000);
  });

  it('refuses a negative limit', () => {
    assert.equal(limited(-1, 1).limit_W, undefined);
    assert.equal(limited(NaN, 1).limit_W, undefined);
  });

  it('falls to the failsafe value 120 s after the last heartbeat', () => {
    const lost = pass(limited(6000, 1), 2, HEARTBEAT_MISSING_ms / 1000, false);
    assert.equal(lost.phase, 'failsafe');
    assert.equal(operatorLimit(lost, CONFIG).limit_W, 4200);
  });

  it('leaves failsafe on a heartbeat and a limit after it', () => {
    const lost = pass(limited(6000, 1), 2, 130, false);
    const beat = nextOperator(lost, BEAT, CONFIG, at(200));
    assert.equal(beat.phase, 'failsafe');
    const write = { active: false, value_W: 0 };
    const back = nextOperator(beat, { ...SILENT, write }, CONFIG, at(201));
    assert.equal(back.phase, 'controlled');
    assert.equal(operatorLimit(back, CONFIG).limit_W, undefined);
  });

  it('stays in failsafe for its least duration, then holds its own value', () => {
    const lost = pass(limited(6000, 1), 2, 130, false);
    assert.equal(pass(lost, 132, 7000, false).phase, 'failsafe');
    const over = pass(lost, 132, 7300, false);
    assert.equal(over.phase, 'autonomous');
    assert.equal(operatorLimit(over, CONFIG).limit_W, 11_000);
  });
});

describe('ten-minute contract', () => {
  const CONTRACT_W = 60_000;

  it('allows in the rest of a window what keeps its mean at the contract', () => {
    let window = windowStart(T0, CONTRACT_W);
    for (let s = 0; s <= 300; s += 1) window = nextWindow(window, 90_000, CONTRACT_W, at(s));
    const { limit_W } = windowLimit(window, CONTRACT_W, at(300));
    assert.ok(Math.abs(limit_W - 30_000) < 200, `${limit_W} W`);
  });

  it('counts what is not measured as used up, and export as nothing', () => {
    let blind = windowStart(T0, CONTRACT_W);
    let exporting = windowStart(T0, CONTRACT_W);
    for (let s = 0; s <= 300; s += 1) {
      blind = nextWindow(blind, undefined, CONTRACT_W, at(s));
      exporting = nextWindow(exporting, -50_000, CONTRACT_W, at(s));
    }
    assert.ok(Math.abs(windowLimit(blind, CONTRACT_W, at(300)).limit_W - CONTRACT_W) < 400);
    assert.equal(exporting.used_Wms, 0);
  });

  it('knows nothing of a window that began before it did, nor after the clock jumped', () => {
    const half = windowStart(at(300), CONTRACT_W);
    assert.ok(Math.abs(windowLimit(half, CONTRACT_W, at(300)).limit_W - CONTRACT_W) < 1);
    for (const jump of [3600, -3600, 315_360_000]) {
      let window = windowStart(at(600), CONTRACT_W);
      for (let s = 600; s <= 900; s += 1) window = nextWindow(window, 10_000, CONTRACT_W, at(s));
      window = nextWindow(window, 10_000, CONTRACT_W, at(900 + jump));
      const { limit_W } = windowLimit(window, CONTRACT_W, at(900 + jump));
      assert.ok(limit_W > 0.9 * CONTRACT_W && limit_W <= CONTRACT_W + 1, `${limit_W} W`);
    }
  });

  it('begins again with each window', () => {
    let window = windowStart(T0, CONTRACT_W);
    for (let s = 0; s <= 610; s += 1) window = nextWindow(window, 60_000, CONTRACT_W, at(s));
    assert.ok(window.used_Wms <= 11 * 60_000 * 1000);
  });
});
