import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  encodeSetpoint,
  clearSetpoint,
  type WritableRange,
  writableRanges,
} from '../../../src/device';
import {
  CONSOLE_SOURCE,
  compileRules,
  type GuardedDevice,
  MODBUS_DENY_REASONS,
  ModbusGuard,
  type ModbusQuestion,
  type ModbusVerdict,
} from '../../../src/guard';
import type { PduRequest, WriteRequest } from '../../../src/modbus';
import { type Instant, instant, later } from '../../../src/time';
import { guardedDevices, siteProfiles } from '../../../src/runtime';
import { BESS, METER, PV, siteBlock, siteOf } from '../site/fixtures';

const NOW = instant(100_000);
const SITE = siteOf(siteBlock({ bess: [BESS], pv: [PV] }));
const parsed = siteProfiles(SITE);
assert(parsed.ok);
const DEVICES: readonly GuardedDevice[] = guardedDevices(SITE, parsed.profiles);
const device = (id: string): GuardedDevice => {
  const found = DEVICES.find((d) => d.id === id);
  assert(found !== undefined);
  return found;
};
const fresh = (): ModbusGuard => new ModbusGuard(compileRules(DEVICES));
const ask = (
  id: string,
  request: PduRequest,
  change: Partial<ModbusQuestion> = {},
): ModbusQuestion => ({
  device: id,
  unit: device(id).unit,
  source: 'site',
  request,
  mode: 'normal',
  now: NOW,
  ...change,
});
const judge = (q: ModbusQuestion): ModbusVerdict => fresh().judge(q);
const reasonOf = (v: ModbusVerdict): string => (v.allow ? 'allowed' : v.reason);

/** A frame of this range with each value at its lower bound, or at its first allowed one. */
function lowest(range: WritableRange): WriteRequest {
  const values = new Array<number>(range.count).fill(0);
  for (const v of range.values) {
    const raw = v.allowed_raw?.find((x) => !v.forbidden_raw.includes(x)) ?? v.min_raw;
    const view = new DataView(new ArrayBuffer(8));
    if (v.words === 2) view.setInt32(0, raw | 0);
    else view.setInt16(0, raw);
    for (let i = 0; i < v.words; i += 1) {
      const at = v.wordOrder === 'lo-hi' ? v.words - 1 - i : i;
      values[v.address - range.address + at] = view.getUint16(i * 2);
    }
  }
  return { kind: 'write', single: range.fc === 6, address: range.address, values };
}
/** Every setpoint and clearing frame the product itself sends, at several values. */
function ownFrames(id: 'bess' | 'pv'): readonly WriteRequest[] {
  const { profile } = device(id);
  const quantity = id === 'bess' ? 'bess-power' : 'pv-limit';
  const wishes = id === 'bess' ? [-30_000, -1000, 0, 5000, 30_000] : [0, 1000, 40_000];
  const frames = [clearSetpoint(profile, quantity)];
  for (const value_W of wishes)
    frames.push(encodeSetpoint(profile, { quantity, value_W, ttl_ms: 60_000 }, []));
  return frames.flatMap((f) => (f.ok ? f.writes : []));
}

describe('Modbus guard: each reason', () => {
  const read: PduRequest = { kind: 'read', table: 'input', address: 0, count: 2 };
  const set = writableRanges(device('bess').profile).find((r) => r.purpose === 'set');
  assert(set !== undefined);

  it('[deny:unknown-source] nobody but the own control loop has rules', () => {
    for (const source of ['', 'proxy', 'SITE', 'Console']) {
      assert.equal(reasonOf(judge(ask('meter', read, { source }))), 'unknown-source');
    }
  });

  it('[deny:function] the console reads any unit and writes none, in every mode', () => {
    const source = CONSOLE_SOURCE;
    for (const mode of ['normal', 'static', 'service', 'cut', 'blind'] as const) {
      const visit = { source, mode, device: 'visit 77', unit: 77 };
      assert.ok(judge(ask('meter', { ...read, address: 60_000 }, visit)).allow);
      const bits: PduRequest = { kind: 'read-bits', table: 'coil', address: 0, count: 1 };
      assert.ok(judge(ask('meter', bits, visit)).allow);
      const coil: PduRequest = { kind: 'write-coil', address: 0, value: true };
      for (const write of [lowest(set), coil])
        assert.equal(reasonOf(judge(ask('bess', write, { source, mode }))), 'function');
      assert.equal(reasonOf(judge(ask('meter', read, { ...visit, unit: 0 }))), 'broadcast');
    }
  });

  it('[deny:unknown-device] a device that is not in the site file', () => {
    assert.equal(reasonOf(judge(ask('meter', read, { device: 'other' }))), 'unknown-device');
  });

  it('[deny:wrong-unit] another unit id than the declared one', () => {
    for (let unit = 1; unit <= 255; unit += 1) {
      const reason = reasonOf(judge(ask('bess', lowest(set), { unit })));
      if (unit !== BESS['unit']) assert.equal(reason, 'wrong-unit');
    }
  });

  it('[deny:broadcast] unit 0, whatever the request', () => {
    for (const request of [read, lowest(set)]) {
      assert.equal(reasonOf(judge(ask('bess', request, { unit: 0 }))), 'broadcast');
    }
  });

  it('[deny:function] bits are neither read nor written', () => {
    const bits: PduRequest[] = [
      { kind: 'read-bits', table: 'coil', address: 0, count: 1 },
      { kind: 'read-bits', table: 'discrete', address: 0, count: 1 },
      { kind: 'write-coil', address: 0, value: true },
    ];
    for (const request of bits) assert.equal(reasonOf(judge(ask('bess', request))), 'function');
  });

  it('[deny:range] a register outside every declared block', () => {
    assert.equal(reasonOf(judge(ask('meter', { ...read, address: 60_000 }))), 'range');
    assert.equal(reasonOf(judge(ask('meter', { ...read, table: 'holding' }))), 'range');
    assert.equal(reasonOf(judge(ask('meter', lowest(set)))), 'range');
  });

  it('[deny:value] a value outside its declared range', () => {
    const frame = lowest(set);
    let denied = 0;
    for (const v of set.values) {
      const values = [...frame.values];
      values[v.address - set.address] = 0x7fff;
      const verdict = judge(ask('bess', { ...frame, values }));
      if (!verdict.allow) {
        assert.equal(verdict.reason, 'value');
        assert.match(verdict.text, new RegExp(`${v.point} = .* is outside`));
        denied += 1;
      }
    }
    assert(denied > 0);
  });

  it('[deny:value] a power beyond what the site file allows, though the profile could', () => {
    for (const id of ['bess', 'pv'] as const) {
      const whole = device(id);
      const narrow = { ...whole, min_W: whole.min_W / 3, max_W: whole.max_W / 3 };
      const guard = new ModbusGuard(compileRules([narrow]));
      const quantity = id === 'bess' ? 'bess-power' : 'pv-limit';
      const frames = (value_W: number): readonly WriteRequest[] => {
        const encoded = encodeSetpoint(whole.profile, { quantity, value_W, ttl_ms: 60_000 }, []);
        assert(encoded.ok);
        return encoded.writes;
      };
      const verdicts = (value_W: number): string[] =>
        frames(value_W).map((frame, i) =>
          reasonOf(guard.judge(ask(id, frame, { now: later(NOW, 5000 * i + value_W) }))),
        );
      for (const share of [0.2, 0.33, 0]) {
        assert.ok(
          verdicts(whole.max_W * share).every((v) => v === 'allowed'),
          `${id} ${share}`,
        );
        assert.ok(
          verdicts(whole.min_W * share).every((v) => v === 'allowed'),
          `${id} ${share}`,
        );
      }
      assert.ok(verdicts(whole.max_W * 0.35).includes('value'), id);
      if (whole.min_W < 0) assert.ok(verdicts(whole.min_W * 0.35).includes('value'), id);
      const cleared = clearSetpoint(whole.profile, quantity);
      assert(cleared.ok);
      for (const frame of cleared.writes)
        assert.equal(reasonOf(guard.judge(ask(id, frame))), 'allowed', 'clearing always passes');
    }
  });

  it('[deny:mode] a setpoint outside normal and service; a clearing frame passes in every mode', () => {
    const { profile } = device('bess');
    const wish = { quantity: 'bess-power', value_W: 5000, ttl_ms: 60_000 } as const;
    const encoded = encodeSetpoint(profile, wish, []);
    const cleared = clearSetpoint(profile, 'bess-power');
    assert(encoded.ok && cleared.ok);
    const sets: readonly WriteRequest[] = encoded.writes;
    const clears: readonly WriteRequest[] = cleared.writes;
    for (const mode of ['normal', 'service', 'blind', 'static', 'cut'] as const) {
      const raising = mode === 'normal' || mode === 'service';
      const reasons: readonly string[] = sets.map((w) => reasonOf(judge(ask('bess', w, { mode }))));
      assert.equal(reasons.includes('mode'), !raising, `${mode}: ${reasons.join()}`);
      for (const w of clears) assert.equal(judge(ask('bess', w, { mode })).allow, true);
    }
  });

  it('[deny:mode] sun above its expiry value outside normal and service; up to it in every mode', () => {
    const falls = { ...PV, profile: 'sunspec-pv-704', expiry_W: 10_000 };
    const site = siteOf(siteBlock({ pv: [falls] }));
    const profiles = siteProfiles(site);
    assert(profiles.ok);
    const devices = guardedDevices(site, profiles.profiles);
    const profile = devices.find((d) => d.id === 'pv')?.profile;
    assert(profile !== undefined);
    const verdict = (value_W: number, mode: ModbusQuestion['mode']): ModbusVerdict => {
      const wish = { quantity: 'pv-limit', value_W, ttl_ms: 15_000 } as const;
      const encoded = encodeSetpoint(profile, wish, []);
      assert(encoded.ok);
      const [frame] = encoded.writes;
      assert(frame !== undefined && encoded.writes.length === 1);
      return new ModbusGuard(compileRules(devices)).judge(ask('pv', frame, { mode }));
    };
    for (const mode of ['blind', 'static', 'cut'] as const) {
      for (const W of [0, 1, 9999, 10_000]) assert.ok(verdict(W, mode).allow, `${W} W ${mode}`);
      for (const W of [10_010, 40_000]) assert.equal(reasonOf(verdict(W, mode)), 'mode');
    }
    for (const mode of ['normal', 'service'] as const)
      for (const W of [0, 10_000, 40_000]) assert.ok(verdict(W, mode).allow, `${W} W ${mode}`);
    const lowered = verdict(0, 'static');
    assert(lowered.allow);
    assert.match(lowered.rule, /^pv: pv-limit lower /);
    assert.equal(lowered.clears, false, 'it is counted against the rate');
  });

  it('[deny:rate] more than twelve writes a second to one device; a second later it may again', () => {
    const guard = fresh();
    const frame = lowest(set);
    const at = (now: Instant): string => reasonOf(guard.judge(ask('bess', frame, { now })));
    for (let i = 0; i < 12; i += 1) assert.equal(at(later(NOW, i)), 'allowed');
    assert.equal(at(later(NOW, 999)), 'rate');
    assert.equal(at(later(NOW, 1000)), 'allowed');
    const [pv] = ownFrames('pv');
    assert(pv !== undefined);
    assert.equal(guard.judge(ask('pv', pv, { now: later(NOW, 999) })).allow, true);
  });

  it('[deny:forbidden-value] a value the maker forbids inside the range', () => {
    const range = writableRanges(device('pv').profile).find((r) => r.purpose === 'set');
    assert(range !== undefined);
    const [first, ...rest] = range.values;
    assert(first !== undefined);
    const frame = lowest(range);
    const raw = frame.values[first.address - range.address] ?? 0;
    // A profile of the library with one more fact from a manual.
    const point = device('pv').profile.points.get(first.point);
    assert(point?.write !== undefined);
    const profile = {
      ...device('pv').profile,
      points: new Map([
        ...device('pv').profile.points,
        [
          first.point,
          { ...point, write: { ...point.write, forbidden: [unscaled(raw, first.point)] } },
        ] as const,
      ]),
    };
    const guard = new ModbusGuard(compileRules([{ ...device('pv'), profile }]));
    assert.equal(reasonOf(guard.judge(ask('pv', frame))), 'forbidden-value');
    assert(rest.length >= 0);
  });

  const unscaled = (raw: number, name: string): number => {
    const point = device('pv').profile.points.get(name);
    assert(point !== undefined);
    return raw * point.scale * 10 ** (point.declaredExponent ?? 0) * point.sign + point.offset;
  };

  it('has a test for each', () => {
    assert.equal(MODBUS_DENY_REASONS.length, 10);
  });
});

describe('Modbus guard: deny by default', () => {
  it('passes every frame the product itself sends', () => {
    for (const id of ['bess', 'pv'] as const) {
      const frames = ownFrames(id);
      assert(frames.length > 3);
      for (const f of frames) {
        const verdict = judge(ask(id, f));
        assert(verdict.allow, verdict.allow ? '' : `${id} ${JSON.stringify(f)}: ${verdict.text}`);
      }
    }
  });

  it('of all 65,536 registers and write functions passes only the declared frames', () => {
    for (const d of DEVICES) {
      const ranges = writableRanges(d.profile);
      const declared = new Set(ranges.map((r) => `${r.fc}/${r.address}/${r.count}`));
      assert.equal(declared.size > 0, d.id !== 'meter');
      const guard = new ModbusGuard(compileRules([d]));
      let passed = 0;
      let at = 0;
      for (let address = 0; address < 65_536; address += 1) {
        for (const [single, count] of [
          [true, 1],
          [false, 1],
          [false, 2],
          [false, 3],
          [false, 7],
        ] as const) {
          const shape = `${single ? 6 : 16}/${address}/${count}`;
          const range = ranges.find((r) => `${r.fc}/${r.address}/${r.count}` === shape);
          const values =
            range === undefined ? new Array<number>(count).fill(0) : lowest(range).values;
          at += 100;
          const request: WriteRequest = { kind: 'write', single, address, values };
          const verdict = guard.judge(ask(d.id, request, { now: later(NOW, at) }));
          if (verdict.allow) passed += 1;
          if (!declared.has(shape)) assert.equal(reasonOf(verdict), 'range');
        }
      }
      const looked = new Set(['6/1', '16/1', '16/2', '16/3', '16/7']);
      const expected = [...declared].filter((x) => looked.has(x.replace(/\/.*\//, '/')));
      assert.equal(passed, expected.length, d.id);
    }
  });

  it('leaves no word of a declared frame to the sender', () => {
    for (const d of DEVICES) {
      for (const range of writableRanges(d.profile)) {
        const covered = new Set(
          range.values.flatMap((v) => Array.from({ length: v.words }, (_, i) => v.address + i)),
        );
        const words = Array.from({ length: range.count }, (_, i) => range.address + i);
        assert(
          words.every((w) => covered.has(w)),
          `${d.id} ${range.purpose} ${range.address}`,
        );
      }
    }
  });

  it('passes a write only with each value inside its declared bounds', () => {
    const ranges = DEVICES.flatMap((d) => writableRanges(d.profile).map((range) => ({ d, range })));
    fc.assert(
      fc.property(
        fc.constantFrom(...ranges),
        fc.infiniteStream(fc.integer({ min: 0, max: 65_535 })),
        ({ d, range }, words) => {
          const base = lowest(range).values;
          const values = base.map((v) => {
            const { value } = words.next() as { value: number };
            return value % 3 === 0 ? v : value;
          });
          const request: WriteRequest = {
            kind: 'write',
            single: range.fc === 6,
            address: range.address,
            values,
          };
          if (!judge(ask(d.id, request)).allow) return;
          const fits = writableRanges(d.profile)
            .filter(
              (r) => r.address === range.address && r.count === range.count && r.fc === range.fc,
            )
            .some((r) => r.values.every((v) => inside(v, values.slice(v.address - r.address))));
          assert(fits, `${d.id} ${JSON.stringify(request)}`);
        },
      ),
      { seed: 131, numRuns: 3000 },
    );
  });

  it('reads only what a profile declares, in whole or in part, and what may be written', () => {
    for (const d of DEVICES) {
      const guard = new ModbusGuard(compileRules([d]));
      let allowed = 0;
      for (let address = 0; address < 65_536; address += 1) {
        for (const table of ['holding', 'input'] as const) {
          if (guard.judge(ask(d.id, { kind: 'read', table, address, count: 1 })).allow)
            allowed += 1;
        }
      }
      const declared = new Set<string>();
      const mark = (table: string, from: number, count: number): void => {
        for (let i = 0; i < count; i += 1) declared.add(`${table}/${from + i}`);
      };
      for (const { request } of d.profile.reads)
        mark(request.table, request.address, request.count);
      for (const r of writableRanges(d.profile)) mark('holding', r.address, r.count);
      assert.equal(allowed, declared.size, d.id);
    }
    assert.equal(METER['unit'], 10);
  });
});

/** The number in these words, read by hand for the types that setpoints use. */
function inside(v: WritableRange['values'][number], words: readonly number[]): boolean {
  const used = words.slice(0, v.words);
  const ordered = v.wordOrder === 'lo-hi' ? [...used].reverse() : used;
  const unsigned = ordered.reduce((n, w) => n * 65_536 + w, 0);
  const signed = v.type.startsWith('int') && unsigned >= 2 ** (16 * v.words - 1);
  const raw = signed ? unsigned - 2 ** (16 * v.words) : unsigned;
  if (v.forbidden_raw.includes(raw)) return false;
  if (v.allowed_raw !== undefined && !v.allowed_raw.includes(raw)) return false;
  return raw >= v.min_raw && raw <= v.max_raw;
}
