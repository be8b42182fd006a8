import assert from 'node:assert/strict';

import {
  parseProfile,
  profileById,
  PROFILES,
  type LeaseData,
  type MapPoint,
  type RegisterProfile,
} from '../../../src/device';

function original(id: string): RegisterProfile {
  const data = profileById(id);
  assert(data !== undefined);
  return data;
}

const METER = original('eastron-sdm630');
const BESS = original('sunspec-bess-704');
const PV = original('sunspec-pv-123');

/** The profile with one point changed. */
function withPoint(name: string, change: Partial<MapPoint>): RegisterProfile {
  const base: MapPoint = { table: 'input', address: 0x100, type: 'float32', unit: 'V' };
  const old = METER.points[name];
  const point = { ...(old !== undefined && 'table' in old ? old : base), ...change };
  return { ...METER, points: { ...METER.points, [name]: point } };
}

function withLease(change: Partial<Exclude<LeaseData, { mechanism: 'none' }>>): RegisterProfile {
  assert(BESS.lease.mechanism !== 'none');
  return { ...BESS, lease: { ...BESS.lease, ...change } };
}

function withSetpoint(data: RegisterProfile, change: object): RegisterProfile {
  const quantity = data.nature === 'Bess' ? 'bess-power' : 'pv-limit';
  const old = data.setpoints?.[quantity];
  assert(old !== undefined);
  return { ...data, setpoints: { [quantity]: { ...old, ...change } } };
}

const REFUSALS: readonly (readonly [
  rule: string,
  data: RegisterProfile,
  where: RegExp,
  why: RegExp,
])[] = [
  [
    'a missing source',
    { ...METER, source: { document: '', page: '' } },
    /^source\.document$/,
    /source/,
  ],
  ['an odd id', { ...METER, id: 'SDM 630' }, /^id$/, /lower-case/],
  ['unit 0', { ...METER, transport: { unit: 0 } }, /^transport\.unit$/, /unit id/],
  ['a rating of 0', { ...METER, rating: { power_W: 0 } }, /^rating\.power_W$/, /above 0/],
  [
    'points that overlap',
    withPoint('A_L1', { address: 0x05 }),
    /^points\.A_L1\.address$/,
    /overlaps V_L3/,
  ],
  [
    'a register behind the end of the space',
    withPoint('V_L1', { address: 0xffff }),
    /^points\.V_L1\.address$/,
    /do not exist/,
  ],
  ['a scale of 0', withPoint('V_L1', { scale: 0 }), /^points\.V_L1\.scale$/, /scale of 0/],
  [
    'a writable input register',
    withPoint('x', { write: { min: 0, max: 1, step: 1 } }),
    /^points\.x\.write$/,
    /input register/,
  ],
  [
    'a nature without its power',
    { ...METER, nature: 'PvInverter' },
    /^points$/,
    /PvInverter needs power_W/,
  ],
  [
    'a block that cuts a value',
    { ...METER, blocks: [{ table: 'input', address: 0, count: 23, every: 'cycle' }] },
    /^blocks\.0$/,
    /cuts VA_L3/,
  ],
  [
    'a block larger than the device gives',
    { ...METER, blocks: [{ table: 'input', address: 0, count: 100, every: 'cycle' }] },
    /^blocks\.0$/,
    /most is 80/,
  ],
  [
    'a block over a hole',
    { ...METER, holes: [{ table: 'input', address: 0x36, count: 2 }] },
    /^blocks\.1$/,
    /hole at 54/,
  ],
  [
    'a required value that no block reads',
    { ...METER, blocks: [{ table: 'input', address: 0x34, count: 24, every: 'cycle' }] },
    /^points\.W_L1$/,
    /no block/,
  ],
  ['no fingerprint', { ...METER, identity: [] }, /^identity$/, /fingerprint/],
  [
    'a scale factor outside the block of its value',
    {
      ...original('sunspec-meter-203'),
      blocks: [
        { sunspec: [203, 2, 20], every: 'cycle' },
        { sunspec: [203, 22, 6], every: 'cycle' },
        { sunspec: [203, 38, 17], every: 'slow' },
      ],
    },
    /^points\.W_L1$/,
    /scale factor at 40092/,
  ],
  ['a lease of 0', withLease({ range_s: [0, 60] }), /^lease\.range_s$/, /0 s is none/],
  ['a lease without a source', withLease({ source: ' ' }), /^lease\.source$/, /source/],
  [
    'a lease longer than its register holds',
    withLease({ range_s: [1, 2 ** 33] }),
    /^lease\.range_s$/,
    /does not fit uint32/,
  ],
  [
    'a timeout that may be written with 0',
    {
      ...BESS,
      points: {
        ...BESS.points,
        set_timeout_s: {
          sunspec: [704, 'WSetRvrtTms'],
          unit: 's',
          write: { min: 0, max: 'lease-max', step: 1 },
        },
      },
    },
    /^points\.set_timeout_s\.write\.forbidden$/,
    /0 must be in it/,
  ],
  [
    'a setpoint without reading its timeout back',
    withSetpoint(PV, { readBack: { equals: [['limit', 'percent']] } }),
    /readBack$/,
    /limit_timeout_s must be read back/,
  ],
  [
    'a frame with a gap',
    withSetpoint(PV, {
      writes: [
        {
          fc: 16,
          set: [
            ['limit', 'percent'],
            ['limit_timeout_s', 'ttl'],
            ['limit_enable', 1],
          ],
        },
      ],
    }),
    /writes\.0$/,
    /limit_timeout_s at 40189 does not follow at 40188/,
  ],
  [
    'function 6 with two registers',
    withSetpoint(BESS, { clear: [{ fc: 6, set: [['setpoint_W', 0]] }] }),
    /clear\.0$/,
    /writes one register, not 2/,
  ],
  [
    'a frame that touches a forbidden register',
    { ...PV, forbidden: [{ sunspec: [123, 7, 1], reason: 'test' }] },
    /writes\.0$/,
    /limit_timeout_s is forbidden: test/,
  ],
  [
    'a timeout that is never written',
    withSetpoint(BESS, { writes: [{ fc: 16, set: [['set_enable', 1]] }] }),
    /writes$/,
    /never written/,
  ],
  [
    'a setpoint in flash',
    {
      ...PV,
      points: {
        ...PV.points,
        limit_enable: {
          sunspec: [123, 'WMaxLim_Ena'],
          unit: '',
          write: { min: 0, max: 1, step: 1, wears: true },
        },
      },
    },
    /writes\.0$/,
    /wears/,
  ],
  [
    'a written point whose scale factor is not declared',
    {
      ...PV,
      points: {
        ...PV.points,
        limit: { sunspec: [123, 'WMaxLimPct'], unit: '%', write: { min: 0, max: 100, step: 1 } },
      },
    },
    /^points\.limit\.declaredExponent$/,
    /needed/,
  ],
  [
    'a SunSpec point that does not exist',
    { ...PV, points: { ...PV.points, power_W: { sunspec: [103, 'Watts'], unit: 'W' } } },
    /^points\.power_W\.sunspec$/,
    /no point Watts/,
  ],
];

describe('profile lint', () => {
  it('every profile of the library is clean, and ids are unique', () => {
    for (const data of PROFILES) {
      const result = parseProfile(data);
      assert(result.ok, JSON.stringify(result.ok ? '' : result.problems));
    }
    assert.equal(new Set(PROFILES.map((profile) => profile.id)).size, PROFILES.length);
  });

  it('no profile claims a test on a device without a record of it', () => {
    for (const { status } of PROFILES) assert.notEqual(status, 'tested-on-device');
  });

  it('an unknown type is refused', () => {
    // Past the compiler, as a file that is not compiled with us would be.
    const point: MapPoint = Object.assign(
      { table: 'input', address: 0, type: 'float32', unit: 'V' } as const,
      { type: 'float16' },
    );
    const broken = { ...METER, points: { ...METER.points, V_L1: point } };
    const result = parseProfile(broken);
    assert(!result.ok);
    assert(result.problems.some(({ why }) => why.includes('unknown type "float16"')));
  });

  for (const [rule, data, where, why] of REFUSALS)
    it(`refuses ${rule}`, () => {
      const result = parseProfile(data);
      assert(!result.ok, 'refused');
      const hit = result.problems.some(
        (problem) => where.test(problem.where) && why.test(problem.why),
      );
      assert(hit, JSON.stringify(result.problems));
    });

  it('what a device lacks must be asked for, really absent, and explained', () => {
    const lacks = (points: readonly string[], why: string): string => {
      const data = profileById('eastron-sdm72');
      assert(data !== undefined);
      const result = parseProfile({ ...data, lacks: { points, why } });
      return result.ok ? '' : result.problems.map((one) => one.why).join('; ');
    };
    const all = profileById('eastron-sdm72')?.lacks?.points ?? [];
    assert.equal(lacks(all, 'no phases'), '');
    assert.match(lacks(all, ' '), /say why/);
    assert.match(lacks(all.slice(1), 'no phases'), /needs W_L1/);
    assert.match(lacks([...all, 'Wh_import'], 'no phases'), /Wh_import is there/);
    assert.match(lacks([...all, 'colour'], 'no phases'), /colour is not asked for/);
  });

  it('a register that gives a sign is read in the same transaction', () => {
    const data = profileById('sungrow-sh');
    assert(data !== undefined);
    const apart = parseProfile({
      ...data,
      blocks: [
        { table: 'input', address: 13000, count: 1, every: 'cycle' },
        { table: 'input', address: 13021, count: 2, every: 'cycle' },
      ],
    });
    assert(!apart.ok);
    assert.match(apart.problems.map((one) => one.why).join(), /gives its sign/);
  });
});
