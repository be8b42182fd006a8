import assert from 'node:assert/strict';
import { ProfileEngine } from '../../../src/sim/stations/profileEngine';
import type { Profile } from '../../../src/sim/stations/profileEngine';

const T0 = Date.UTC(2026, 0, 1);
const base: Profile = {
  id: 1,
  purpose: 'station-max',
  stackLevel: 0,
  connector: 0,
  kind: 'Absolute',
  start_ms: T0 - 1000,
  unit: 'A',
  periods: [{ start_s: 0, limit: 8 }],
};
const engineWith = (...profiles: readonly Partial<Profile>[]): ProfileEngine => {
  const engine = new ProfileEngine(3, 230);
  profiles.forEach((profile, i) => engine.install({ ...base, id: i + 1, ...profile }));
  return engine;
};
const limit = (engine: ProfileEngine, at_s = 0): number =>
  engine.stationLimit(T0 + at_s * 1000).limit_A;

describe('profile engine of a simulated station', () => {
  it('takes the highest valid level, not the lowest limit (1.6, 3.13.2)', () => {
    const lease = { stackLevel: 1, periods: [{ start_s: 0, limit: 20 }], duration_s: 30 };
    const engine = engineWith({}, lease);
    assert.equal(limit(engine), 20);
    assert.equal(limit(engine, 28.9), 20);
    assert.equal(limit(engine, 29), 8, 'falls back when the duration ends');
  });

  it('is unlimited when a lone profile ends (1.6, 5.16.4)', () => {
    assert.equal(limit(engineWith({ duration_s: 30 }), 60), Infinity);
  });

  it('keeps validFrom and validTo, and knows when they bite', () => {
    const engine = engineWith({ validFrom_ms: T0 + 5_000, validTo_ms: T0 + 9_000 });
    assert.deepEqual(engine.stationLimit(T0), { limit_A: Infinity, until_ms: T0 + 5_000 });
    assert.deepEqual(engine.stationLimit(T0 + 6_000), { limit_A: 8, until_ms: T0 + 9_000 });
    assert.equal(limit(engine, 9), Infinity);
  });

  it('leaves a gap before a start in the future', () => {
    assert.equal(limit(engineWith({ start_ms: T0 + 10_000 })), Infinity);
  });

  it('replaces by id, and by purpose and level', () => {
    const engine = engineWith(
      { stackLevel: 1 },
      { stackLevel: 1, periods: [{ start_s: 0, limit: 9 }] },
    );
    assert.equal(engine.installed.length, 1);
    engine.install({ ...base, id: 2, stackLevel: 3 });
    assert.equal(engine.installed.length, 1);
  });

  it('lets a TxProfile overrule a TxDefaultProfile, even upwards', () => {
    const engine = engineWith(
      { purpose: 'tx-default', periods: [{ start_s: 0, limit: 6 }] },
      { purpose: 'tx', connector: 1, transaction: '7', periods: [{ start_s: 0, limit: 30 }] },
    );
    const of = (transaction: string): number =>
      engine.connectorLimit({ connector: 1, transaction }, T0).limit_A;
    assert.equal(of('7'), 30);
    assert.equal(of('8'), 6);
  });

  it('walks through periods and converts W', () => {
    const engine = engineWith({
      unit: 'W',
      periods: [
        { start_s: 0, limit: 6900 },
        { start_s: 60, limit: 13_800 },
      ],
    });
    assert.equal(limit(engine), 10);
    assert.equal(engine.stationLimit(T0).until_ms, T0 + 59_000);
    assert.equal(limit(engine, 59), 20);
  });

  it('repeats a daily profile', () => {
    const engine = engineWith({ kind: 'Daily', duration_s: 3_600 });
    assert.equal(limit(engine, 86_400 + 600), 8);
    assert.equal(limit(engine, 86_400 + 7_200), Infinity);
  });
});
