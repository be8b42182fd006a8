import assert from 'node:assert/strict';
import {
  adviceOf,
  type Battery,
  bestPower_kW,
  crossCheck,
  type DayKind,
  energyValue,
  filledPrices,
  followAdvice,
  forecastLoad,
  priceSeries,
  readSchedule,
  type SiteHistory,
  shadowPrice,
  storageProgram,
  type StorageProblem,
  sunScenarios,
} from '../../../src/planning';
import { solveHere, WorkerLpSolver } from '../../../src/io/lpSolver';

const BATTERY: Battery = {
  capacity_kWh: 100,
  charge_kW: 50,
  discharge_kW: 50,
  efficiency: 0.95,
  socMin: 0.1,
  socMax: 0.9,
  cycleCost: 0.01,
};

/** Dear in the evening, cheap at night. */
const steps = Array.from({ length: 36 }, (_, t) => t);
const problem = (change: Partial<StorageProblem> = {}): StorageProblem => ({
  battery: BATTERY,
  step_h: 1,
  soc: 0.5,
  net_kW: steps.map(() => 30),
  price: {
    import: steps.map((t) => (t % 24 >= 18 && t % 24 < 22 ? 0.4 : 0.1)),
    export: steps.map(() => 0.02),
  },
  importBound_kW: 60,
  exportBound_kW: 100,
  salvage: 0.08,
  ...change,
});

describe('storage program', () => {
  it('charges when energy is cheap and discharges when it is dear, within every bound', () => {
    const p = problem();
    const s = readSchedule(p, solveHere(storageProgram(p), 2000));
    assert.ok(s !== undefined);
    assert.ok(Math.max(...s.import_kW) <= 60 + 1e-6);
    assert.ok(s.soc.every((x) => x >= 0.1 - 1e-6 && x <= 0.9 + 1e-6));
    const evening = s.battery_kW.slice(18, 22).reduce((a, b) => a + b, 0);
    assert.ok(evening < -60, `${evening} kWh in the evening`);
  });

  it('keeps the import bound for vehicles too and pays for what cannot be served', () => {
    const p = problem({ vehicles: { energy_kWh: 3000, power_kW: 80, unservedCost: 5 } });
    const s = readSchedule(p, solveHere(storageProgram(p), 2000));
    assert.ok(s !== undefined);
    assert.ok(s.unserved_kWh > 1500);
    assert.ok(Math.max(...s.import_kW) <= 60 + 1e-6);
  });

  it('is not infeasible when the load itself exceeds the bound', () => {
    const p = problem({ net_kW: steps.map(() => 200) });
    const s = readSchedule(p, solveHere(storageProgram(p), 2000));
    assert.ok(s !== undefined);
  });

  it('lowers the peak where the peak has a price', () => {
    const net_kW = steps.map((t) => (t === 12 ? 55 : 20));
    const dear = problem({ net_kW, peak: { price: 10, reached_kW: 0 } });
    const free = readSchedule(
      problem({ net_kW }),
      solveHere(storageProgram(problem({ net_kW })), 2000),
    );
    const s = readSchedule(dear, solveHere(storageProgram(dear), 2000));
    assert.ok(s !== undefined && free !== undefined);
    assert.ok(s.peak_kW < free.peak_kW - 5);
  });

  it('answers from its worker, and after its time with a reason', async () => {
    const solver = new WorkerLpSolver();
    const answer = await solver.solve(storageProgram(problem()), 2000);
    assert.equal(answer.status, 'optimal');
    const broken = await new WorkerLpSolver('/nowhere.js').solve(storageProgram(problem()), 100);
    assert.equal(broken.status, 'failed');
  }).timeout(10_000);

  it('agrees with the worth of energy on what the first step costs', () => {
    const p = problem({ battery: { ...BATTERY, cycleCost: 0 } });
    const s = readSchedule(p, solveHere(storageProgram(p), 2000));
    const value = energyValue({
      battery: p.battery,
      step_h: 1,
      net_kW: [p.net_kW],
      price: p.price,
      importBound_kW: 60,
      salvage: p.salvage,
    });
    const power = bestPower_kW(value, {
      soc: 0.5,
      net_kW: 30,
      importPrice: 0.1,
      exportPrice: 0.02,
      importBound_kW: 60,
    });
    // Cheap hours are alike, so the hour of charging is free; the direction and the bound are not.
    assert.ok(power >= -1e-9 && power <= 30 + 1e-6);
    assert.ok((s?.battery_kW.slice(0, 18).reduce((a, b) => a + b, 0) ?? NaN) > 30);
  });
});

describe('advice', () => {
  const value = energyValue({
    battery: BATTERY,
    step_h: 1,
    net_kW: [problem().net_kW],
    price: problem().price,
    importBound_kW: 60,
    salvage: 0.08,
  });
  const facts = { exportPrice: 0.02, now_ms: 0, peakReached_W: 0 };

  it('keeps energy while it is worth more later, and uses it when the grid is dear', () => {
    const full = { ...facts, soc: 0.9 };
    assert.equal(adviceOf(value, { ...full, importPrice: 0.1 }).mode, 'delay');
    assert.equal(adviceOf(value, { ...full, importPrice: 0.5 }).mode, 'balance');
    const low = adviceOf(value, { ...facts, soc: 0.1, importPrice: 0.05 });
    assert.equal(low.mode, 'charge');
    assert.ok((low.chargeTo ?? 0) > 0.3);
    assert.ok(low.expires_ms > 0);
  });

  it('finds stored energy worth less the more of it there is', () => {
    for (let soc = 0.15; soc < 0.85; soc += 0.1) {
      assert.ok(shadowPrice(value, soc) >= shadowPrice(value, soc + 0.1) - 1e-3);
    }
  });

  it('is followed within the bound and the corridor, and without it greedily', () => {
    const now = { soc: 0.5, net_kW: 55, importBound_kW: 60, step_h: 1 };
    const charge = { mode: 'charge' as const, socMin: 0.1, socMax: 0.9, chargeTo: 0.9 };
    assert.ok(followAdvice(value, charge, now) <= 5 + 1e-9);
    assert.equal(followAdvice(value, { ...charge, mode: 'delay' }, now), 0);
    assert.ok(followAdvice(value, undefined, now) < -30);
    assert.ok(followAdvice(value, undefined, { ...now, net_kW: -20 }) > 19);
    assert.ok(followAdvice(value, { ...charge, mode: 'delay' }, { ...now, net_kW: 70 }) <= -10);
  });
});

const kind = (day: number): DayKind =>
  day % 7 === 0 ? 'sunday' : day % 7 === 6 ? 'saturday' : 'working';

/** Forty days of an office, hour by hour. */
function office(): SiteHistory {
  const load_kW = Array.from({ length: 24 * 40 }, (_, t) => {
    const works = kind(Math.floor(t / 24)) === 'working' && t % 24 >= 8 && t % 24 < 18;
    return works ? 100 : 30;
  });
  const sun_kW = load_kW.map((_, t) => Math.max(0, 80 * Math.sin((((t % 24) - 6) / 12) * Math.PI)));
  return { stepsPerDay: 24, load_kW, sun_kW, dayKind: kind };
}

describe('forecasts', () => {
  it('knows kinds of days from what was measured before, and looks at nothing later', () => {
    const history = office();
    const t = 24 * 33 + 3;
    const ahead = forecastLoad(history, t, 72);
    const truth = ahead.map((_, k) => history.load_kW[t + k] ?? NaN);
    const mean = ahead.reduce((s, x, k) => s + Math.abs(x - (truth[k] ?? NaN)), 0) / ahead.length;
    assert.ok(mean < 3, `${mean} kW`);
    const cut = Array.from(history.load_kW, (x, k) => (k < t ? x : 9999));
    assert.deepEqual(forecastLoad({ ...history, load_kW: cut }, t, 72), ahead);
  });

  it('gives scenarios of the sun that end at night', () => {
    const history = office();
    const rows = sunScenarios(history, 24 * 30 + 10, 36, 7);
    assert.equal(rows.length, 7);
    for (const row of rows) {
      assert.equal(row.length, 36);
      assert.ok(row.every((x) => x >= 0));
      assert.ok((row[14] ?? NaN) < 1);
    }
  });

  it('answers without any history, and beside gaps', () => {
    const empty = { stepsPerDay: 24, load_kW: [], sun_kW: [], dayKind: kind };
    assert.ok(forecastLoad(empty, 0, 36).every(Number.isFinite));
    assert.ok(sunScenarios(empty, 0, 36, 5).every((row) => row.every(Number.isFinite)));
    const history = office();
    const load_kW = Array.from(history.load_kW, (x, k) => (k % 5 === 0 ? NaN : x));
    assert.ok(forecastLoad({ ...history, load_kW }, 24 * 30, 36).every(Number.isFinite));
  });
});

describe('prices', () => {
  const HOUR = 3_600_000;
  const day = (hours: number): { start_ms: number; price: number }[] =>
    Array.from({ length: hours }, (_, h) => ({ start_ms: h * HOUR, price: 40 + h }));

  it('lays days of 23 and 25 hours on steps of UTC time without a gap', () => {
    for (const hours of [23, 24, 25]) {
      const series = priceSeries(day(hours), 0, HOUR, hours);
      assert.deepEqual(series.findings, []);
      assert.equal(series.values.at(-1), 39 + hours);
    }
  });

  it('bridges a short gap, leaves a long one unknown, and fills it from the day before', () => {
    const points = day(48).filter((_, h) => h !== 5 && !(h >= 30 && h < 40));
    const series = priceSeries(points, 0, HOUR, 48);
    assert.equal(series.values[5], 44);
    assert.ok(Number.isNaN(series.values[35] ?? 0));
    assert.equal(filledPrices(series.values, 24)[35], series.values[11]);
  });

  it('leaves out prices that are a wrong unit or no number, and says so', () => {
    const points = [
      ...day(3),
      { start_ms: 3 * HOUR, price: 45_000 },
      { start_ms: 4 * HOUR, price: NaN },
    ];
    assert.match(priceSeries(points, 0, HOUR, 3).findings.join(), /2 prices are outside/);
  });

  it('says whether a second source agrees, or that there is none', () => {
    assert.equal(crossCheck([1, 2], undefined), 'prices not cross-checked');
    assert.match(crossCheck([1, 2], [1, 2]), /agree/);
    assert.match(crossCheck([1, 2], [1, 20]), /differ/);
  });
});
