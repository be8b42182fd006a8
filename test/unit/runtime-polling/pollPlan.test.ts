import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { parseProfile, PROFILES, readPlan } from '../../../src/device';
import { blockCap } from '../../../src/modbus';
import { pollPlan } from '../../../src/runtime/pollPlan';
import { phasesRead } from '../../../src/runtime/profiles';

interface Span {
  readonly table: string;
  readonly address: number;
  readonly count: number;
}

const profiles = PROFILES.flatMap((data) => {
  const parsed = parseProfile(data);
  return parsed.ok ? [parsed.profile] : [];
});

describe('read plan on a wire', () => {
  it('is the profile’s own on Modbus TCP', () => {
    for (const p of profiles) assert.deepEqual(pollPlan(p), readPlan(p));
  });

  it('holds no slow bus longer than a block may, and loses or splits no value', () => {
    let cuts = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...profiles),
        fc.constantFrom(9600, 19_200, 38_400),
        (profile, baud) => {
          const plan = pollPlan(profile, { baud, turnaround_ms: 20 });
          const whole = phasesRead(profile);
          if (plan.length > readPlan(profile).length) cuts += 1;
          for (const { request, values } of plan) {
            const largest = Math.max(0, ...values.map((v) => v.count));
            const cap = Math.max(blockCap(baud), largest);
            if (whole?.request === request || values.length === 0) continue;
            assert(request.count <= cap, `${profile.id} reads ${request.count} at ${baud}`);
          }
          const reads = (by: typeof plan, v: Span): boolean =>
            by.some(
              ({ request: r }) =>
                r.table === v.table &&
                v.address >= r.address &&
                v.address + v.count <= r.address + r.count,
            );
          for (const p of profile.points.values()) {
            const { table } = p;
            const exponent =
              p.scaleFactor === undefined ? [] : [{ address: p.scaleFactor, count: 1 }];
            for (const part of [{ address: p.address, count: p.words }, ...exponent]) {
              const before = reads(readPlan(profile), { table, ...part });
              assert.equal(reads(plan, { table, ...part }), before, `${profile.id} ${p.name}`);
            }
          }
        },
      ),
      { seed: 51, numRuns: 300 },
    );
    assert(cuts > 0, 'some profile has a block that is cut');
  });
});
