/** The wall clock is wrong. Forwards nothing may change; backwards with a meter that falls silent. */
import { setMeter, wallClockAges, weldUnseen } from './controls';
import type { SiteFault } from './types';

const HOUR_ms = 3_600_000;
const TEN_YEARS_ms = 10 * 365.25 * 24 * HOUR_ms;

const ahead = (id: string, by_ms: number): SiteFault => ({
  id,
  says: 'the wall clock jumps ahead: nothing changes',
  begin: (r) => {
    r.time.wallOffset_ms = by_ms;
  },
  expect: { lineDrops: false, leavesNormal: false },
  control: {
    disabled: 'ages by the monotonic clock: they are taken by the wall clock',
    fails: 'leavesNormal',
    inject: wallClockAges,
  },
});

const back = (id: string, by_ms: number): SiteFault => ({
  id,
  says: 'the wall clock jumps back, and the grid meter falls silent: that is still seen',
  begin: (r) => {
    r.time.wallOffset_ms = -by_ms;
    setMeter('silent')(r);
  },
  expect: { detected_s: 2, static_true_s: 12, leavesNormal: true },
  control: {
    disabled: 'ages by the monotonic clock (by the wall clock nothing gets old), and the line',
    fails: 'leavesNormal',
    inject: wallClockAges,
    weaken: weldUnseen,
  },
});

export const CLOCK_FAULTS: readonly SiteFault[] = [
  ahead('clock-1h-ahead', HOUR_ms),
  back('clock-1h-back', HOUR_ms),
  ahead('clock-10y-ahead', TEN_YEARS_ms),
  back('clock-10y-back', TEN_YEARS_ms),
];
