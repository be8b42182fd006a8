import { strict as assert } from 'node:assert';
import { type AlarmId, CATALOGUE } from '../../../src/alarm';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { runVirtual, type VirtualRun } from '../../../src/sim/composition';
import { later } from '../../../src/time';
import { assembled, BESS, PV, siteBlock } from '../site/fixtures';

const BEGIN_s = 60;

/** An alarm about an uplink needs a site that has one. */
const UPLINK = { id: 'cpo', kind: 'cpo', url: 'mqtt://127.0.0.1:1883' } as const;

/** Runs a small site for `duration_s`; `fault` begins after a minute, `end` ends it a minute later. */
function course(
  fault: (run: VirtualRun) => void,
  end: (run: VirtualRun) => void,
  duration_s = 300,
): readonly string[] {
  const base = assembled(siteBlock({ bess: [BESS], pv: [PV] }));
  // What a start says before its first readings is not what the fault says.
  let from = 0;
  const { run } = runVirtual({
    ...base,
    site: { ...base.site, uplinks: [UPLINK] },
    codec: createPduCodec(),
    seed: 1,
    duration_s,
    prepare: (made) => {
      const at = (s: number) => later(made.time.now(), s * 1000);
      made.time.at(at(BEGIN_s), () => {
        from = made.audit.length;
        fault(made);
      });
      made.time.at(at(2 * BEGIN_s), () => end(made));
    },
  });
  return run.audit.slice(from).filter((line) => line.startsWith('alarm '));
}
const device = (r: VirtualRun, id: string) => {
  const found = r.rig.sim.device(id);
  assert(found !== undefined);
  return found;
};

/** By alarm: what is done to the site, what undoes it, and how long the course takes. */
const CASES: Partial<
  Record<AlarmId, readonly [(r: VirtualRun) => void, (r: VirtualRun) => void, number?]>
> = {
  'meter-silent': [
    (r) => (device(r, 'meter').fault = 'silent'),
    (r) => (device(r, 'meter').fault = 'none'),
  ],
  'meter-frozen': [
    (r) => (device(r, 'meter').fault = 'frozen'),
    (r) => (device(r, 'meter').fault = 'none'),
  ],
  'meter-implausible': [
    (r) => (device(r, 'meter').fault = 'implausible'),
    (r) => (device(r, 'meter').fault = 'none'),
  ],
  'device-silent': [
    (r) => (device(r, 'pv').fault = 'silent'),
    (r) => (device(r, 'pv').fault = 'none'),
  ],
  'device-frozen': [
    (r) => (device(r, 'bess').fault = 'frozen'),
    (r) => (device(r, 'bess').fault = 'none'),
  ],
  'station-offline': [
    (r) => r.rig.sim.stations.station('one')?.setBehaviour('flapping', r.time.now()),
    (r) => r.rig.sim.stations.station('one')?.setBehaviour(undefined, r.time.now()),
    900,
  ],
  'uplink-down': [(r) => (r.uplink.up = false), (r) => (r.uplink.up = true)],
  'emergency-stop': [
    (r) => r.rig.runtime.setEmergencyStop(true),
    (r) => {
      r.rig.runtime.setEmergencyStop(false);
      r.rig.runtime.persons.ask('acknowledge-stop', 'a test');
    },
  ],
  'line-dropped': [
    (r) => (r.rig.line.fault = 'wire-break'),
    (r) => (r.rig.line.fault = 'none'),
    900,
  ],
  'supervisor-silent': [
    (r) => (r.rig.supervisorAlive = false),
    (r) => (r.rig.supervisorAlive = true),
  ],
};

describe('alarms in the virtual composition', function () {
  this.timeout(20_000);

  it('a healthy site raises none after its start', () => {
    const nothing = (): void => undefined;
    assert.deepEqual(course(nothing, nothing), []);
  });

  for (const [id, row] of Object.entries(CASES)) {
    it(`${id} is raised by its cause and cleared after its end`, () => {
      const lines = course(...row);
      const mine = lines.filter((l) => l.includes(` ${id}:`));
      assert(mine.length >= 2, lines.join('\n'));
      assert.match(mine[0] ?? '', /: raised /);
      assert.match(mine.at(-1) ?? '', /: cleared /);
      assert(id in CATALOGUE);
    });
  }
});
