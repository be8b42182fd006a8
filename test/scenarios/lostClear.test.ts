/** A setpoint is taken back and nobody says that it was: what is told of it, and what is done. */
import { strict as assert } from 'node:assert';
import { createPduCodec } from '../../src/io/modbusSerial';
import { runVirtual, type VirtualRun } from '../../src/sim/composition';
import { between, later } from '../../src/time';
import { demoSite, type SiteParts } from '../faults/site/sites';

const LOST_s = 150;
const STATIC_s = 160;
const BACK_s = 240;
const END_s = 420;

/** A battery that every read keeps at its setpoint. */
function fedByReads(): SiteParts {
  const parts = demoSite();
  const profile = parts.profiles.get('bess');
  assert(profile !== undefined && profile.data.lease.mechanism !== 'none');
  const lease = { ...profile.data.lease, fedByReads: true };
  const fed = { ...profile, data: { ...profile.data, lease } };
  return { ...parts, profiles: new Map([...parts.profiles, ['bess', fed]]) };
}

type Loss = 'answers' | 'requests';

/** From LOST_s on writes to the battery, or their answers, are lost; back at BACK_s or never. */
function run(parts: SiteParts, loss: Loss, back: boolean) {
  const seen: { at_s: number; alarms: readonly string[]; bess_W: number }[] = [];
  const holder: { began?: ReturnType<VirtualRun['time']['now']>; run?: VirtualRun } = {};
  runVirtual({
    ...parts,
    codec: createPduCodec(),
    seed: 3,
    duration_s: END_s,
    onSnapshot: (s) => {
      const { began, run: virtual } = holder;
      if (began === undefined || virtual === undefined) return;
      const alarms = s.alarms.filter((a) => a.subject === 'bess').map((a) => a.id);
      seen.push({
        at_s: between(began, virtual.time.now()) / 1000,
        alarms,
        bess_W: virtual.rig.sim.truth().bess_W,
      });
    },
    prepare: (virtual) => {
      const began = virtual.time.now();
      Object.assign(holder, { began, run: virtual });
      const bess = virtual.rig.sim.bess.get('bess');
      assert(bess !== undefined);
      const answer = bess.answer.bind(bess);
      bess.answer = (adu) => {
        const t = between(began, virtual.time.now()) / 1000;
        const write = adu[1] === 6 || adu[1] === 16;
        const lost = write && t >= LOST_s && !(back && t >= BACK_s);
        if (lost && loss === 'requests') return null;
        const reply = answer(adu);
        return lost ? null : reply;
      };
      const force = (): void => void virtual.rig.runtime.persons.ask('force-static', 'a test');
      virtual.time.at(later(began, STATIC_s * 1000), force);
    },
  });
  return seen;
}

describe('a setpoint that is taken back without an answer', () => {
  for (const loss of ['answers', 'requests'] as const)
    it(`${loss} lost: told while the battery may hold it, and not once it cannot any more`, function () {
      this.timeout(20_000);
      const seen = run(demoSite(), loss, false);
      assert.ok(
        seen.some((s) => s.at_s < LOST_s && Math.abs(s.bess_W) > 1000),
        'it was used',
      );
      const told = seen.filter((s) => s.alarms.includes('lease-not-acknowledged'));
      assert.ok(told.some((s) => s.at_s > STATIC_s && s.at_s < STATIC_s + 30));
      const last = seen.filter((s) => s.at_s > STATIC_s + 90);
      assert.deepEqual(
        last.flatMap((s) => s.alarms),
        [],
      );
      assert.ok(last.every((s) => Math.abs(s.bess_W) < 1000));
    });

  it('a battery that reads keep alive is asked until it says so', function () {
    this.timeout(20_000);
    const seen = run(fedByReads(), 'requests', true);
    const stuck = seen.filter((s) => s.at_s > BACK_s - 20 && s.at_s < BACK_s);
    assert.ok(
      stuck.every((s) => Math.abs(s.bess_W) > 1000),
      'it holds it for ever',
    );
    assert.ok(stuck.every((s) => s.alarms.includes('lease-not-acknowledged')));
    const last = seen.filter((s) => s.at_s > BACK_s + 30);
    assert.ok(last.length > 0 && last.every((s) => Math.abs(s.bess_W) < 1000));
    assert.deepEqual(
      last.flatMap((s) => s.alarms.filter((a) => a === 'lease-not-acknowledged')),
      [],
    );
  });
});
