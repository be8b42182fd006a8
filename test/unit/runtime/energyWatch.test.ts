import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { type EnergyFacts, type EnergyState, nextEnergy, NO_ENERGY } from '../../../src/runtime';
import { instant, later } from '../../../src/time';

const START = instant(1_000_000);

interface World {
  readonly seconds: number;
  /** True net import at second `s`, W. */
  readonly power: (s: number) => number;
  /** What the power registers show of it, and what the counter counts. */
  readonly shown?: (w: number, s: number) => number;
  readonly counted?: number;
  /** Wh per step of the counter. */
  readonly step_Wh?: number;
  readonly stations_W?: number;
  readonly sources_W?: number;
  readonly baseMin_W?: number;
  /** The meter gives no reading in these seconds. */
  readonly away?: readonly [number, number];
}

/** A site second by second; the counter is read each ten seconds. First second with a finding. */
function run(w: World): { at_s: number | undefined; state: EnergyState } {
  let state = NO_ENERGY;
  let counter_Wh = 12_345_678;
  let register: EnergyFacts['register'];
  let at_s: number | undefined;
  const step = w.step_Wh ?? 1;
  for (let s = 0; s < w.seconds; s += 1) {
    const now = later(START, s * 1000);
    const power = w.power(s);
    counter_Wh += ((w.counted ?? 1) * power) / 3600;
    const away = w.away !== undefined && s >= w.away[0] && s < w.away[1];
    if (s % 10 === 0 && !away) {
      register = { at: later(now, -300), net_Wh: Math.floor(counter_Wh / step) * step };
    }
    const facts: EnergyFacts = {
      stations_W: w.stations_W ?? 0,
      sources_W: w.sources_W ?? 0,
      baseMin_W: w.baseMin_W ?? 0,
      ...(away ? {} : { power_W: w.shown?.(power, s) ?? power }),
      ...(register === undefined || away ? {} : { register }),
    };
    state = nextEnergy(state, facts, now);
    if (state.why !== undefined) at_s ??= s;
  }
  return { at_s, state };
}

const busy = (s: number): number => 60_000 + 15_000 * Math.sin(s / 40);

describe('ten minutes of energy against the grid meter', () => {
  it('power 9 % low beside a right counter is found within 11 min', () => {
    const { at_s, state } = run({ seconds: 900, power: busy, shown: (p) => 0.91 * p });
    assert.ok(at_s !== undefined && at_s <= 660, String(at_s));
    assert.match(state.why ?? '', /kWh by the meter's power, .* kWh by its register in \d+ min/);
  });

  it('so it is with a counter of whole kilowatt-hours at 100 kW', () => {
    const shown = (p: number): number => 0.85 * p;
    const { at_s } = run({ seconds: 900, power: () => 100_000, shown, step_Wh: 1000 });
    assert.ok(at_s === undefined || at_s <= 660);
    const honest = run({ seconds: 3600, power: busy, step_Wh: 1000 });
    assert.equal(honest.at_s, undefined);
  });

  it('power and counter 9 % low are found by stations, sources and the smallest base load', () => {
    const shown = (p: number): number => 0.91 * p;
    const site = { power: () => 70_000, stations_W: 60_000, sources_W: 5000, baseMin_W: 14_500 };
    const low = run({ seconds: 900, ...site, shown, counted: 0.91 });
    assert.ok(low.at_s !== undefined && low.at_s <= 660, String(low.at_s));
    assert.match(low.state.why ?? '', /stations and base load took/);
    assert.equal(run({ seconds: 3600, ...site }).at_s, undefined);
  });

  it('an honest meter is never contradicted, whatever the power, its noise and its sign', () => {
    const property = fc.property(
      fc.integer({ min: -80_000, max: 90_000 }),
      fc.integer({ min: 0, max: 60_000 }),
      fc.integer({ min: 5, max: 400 }),
      (mean, swing, period) => {
        const power = (s: number): number => mean + swing * Math.sin(s / period);
        const shown = (_p: number, s: number): number => 1.002 * power(s - 1);
        // What is exported comes from somewhere.
        const sources_W = 150_000;
        assert.equal(run({ seconds: 1500, power, shown, sources_W }).at_s, undefined);
      },
    );
    fc.assert(property, { seed: 6, numRuns: 60 });
  });

  it('a silent meter begins a new stretch; what it counted meanwhile contradicts nothing', () => {
    assert.equal(run({ seconds: 1500, power: busy, away: [400, 600] }).at_s, undefined);
  });

  it('a finding stays until a whole window shows no contradiction', () => {
    const shown = (p: number, s: number): number => (s < 600 ? 0.91 : 1) * p;
    assert.notEqual(run({ seconds: 800, power: busy, shown }).state.why, undefined);
    assert.equal(run({ seconds: 1400, power: busy, shown }).state.why, undefined);
  });
});
