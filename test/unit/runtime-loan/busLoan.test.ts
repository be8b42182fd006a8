import { strict as assert } from 'node:assert';
import path from 'node:path';
import { loadSite } from '../../../firmware/loadSite';
import { compileRules, CONSOLE_SOURCE, ModbusGuard } from '../../../src/guard';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { type BusResult, type ReadRequest, wrapPdu } from '../../../src/modbus';
import {
  BusLoan,
  type BusPlan,
  busPlans,
  deviceCatalogue,
  guardedDevices,
  LOAN_LIMITS,
  type LoanPhase,
  siteProfiles,
  type ToolLine,
  toolLines,
} from '../../../src/runtime';
import { buildVirtual, simDevicesOn, type VirtualRun } from '../../../src/sim/composition';
import { createSegment } from '../../../src/sim/segment';
import { later } from '../../../src/time';

const SITE = path.join(__dirname, '..', '..', '..', 'firmware', 'sites', 'demo.yaml');
const ZERO: ReadRequest = { kind: 'read', table: 'holding', address: 0, count: 1 };
const OTHER = { baud: 9600, parity: 'even' } as const;

/** The demo site in virtual time, and a technician's hand on its one bus. */
class Rig {
  readonly run: VirtualRun;
  readonly line: ToolLine;
  readonly phases: [LoanPhase, string][] = [];
  readonly audit: string[] = [];
  /** Settings at which a port was opened, in order. */
  readonly opened: string[] = [];
  mayChange = true;

  constructor() {
    const { site: whole } = loadSite(SITE);
    assert.ok(whole !== undefined);
    const site = { ...whole, stations: whole.stations.slice(0, 2) };
    const parsed = siteProfiles(site);
    assert.ok(parsed.ok);
    const { profiles } = parsed;
    this.run = buildVirtual({
      site,
      profiles,
      catalogue: deviceCatalogue,
      codec: createPduCodec(),
      seed: 1,
      duration_s: 3600,
    });
    const { rig, time } = this.run;
    const [line] = toolLines(
      {
        plans: busPlans(site),
        guard: new ModbusGuard(compileRules(guardedDevices(site, profiles))),
        codec: createPduCodec(),
        clock: time,
        timers: time,
        mode: () => rig.runtime.mode(),
        onDenied: (device, text) => void this.audit.push(`denied ${device} ${text}`),
        portFor: (plan) => this.port(plan),
      },
      rig.buses,
      (key, now) => rig.runtime.devices.notYetStatic(key, now),
    );
    assert.ok(line !== undefined);
    this.line = line;
    rig.start();
    this.advance(120);
    assert.equal(rig.runtime.mode(), 'normal');
  }

  /** At 9600 baud a unit 77 answers, at the own settings the devices of the site. */
  private port(plan: BusPlan) {
    const { baud, parity } = plan.bus;
    this.opened.push(`${baud} ${parity}`);
    const { rig, time } = this.run;
    const own = baud === 19200;
    const respond = (adu: Uint8Array): Uint8Array | null =>
      adu[0] === 77 ? wrapPdu(77, Uint8Array.of(0x83, 2)) : null;
    const devices = own ? simDevicesOn(plan, rig.sim) : [{ unit: 77, respond }];
    return createSegment({ clock: time, timers: time, baud, devices, seed: 5 }).framePort();
  }

  loan(line = this.line): BusLoan {
    const { rig, time } = this.run;
    return new BusLoan({
      line,
      who: 'ann',
      source: CONSOLE_SOURCE,
      mode: () => rig.runtime.mode(),
      mayChange: () => this.mayChange,
      clock: time,
      timers: time,
      audit: { append: (e) => void this.audit.push(`${e.kind} ${e.subject} ${e.text}`) },
      onPhase: (phase, text) => void this.phases.push([phase, text]),
    });
  }

  /** Moves time while the console says each second that it lives. */
  advance(s: number, loan?: BusLoan): void {
    const { time } = this.run;
    for (let i = 0; i < s; i += 1) {
      loan?.beat();
      time.runUntil(later(time.now(), 1000));
    }
  }

  async answer(loan: BusLoan, unit: number, request = ZERO): Promise<BusResult> {
    let result: BusResult | undefined;
    void loan.ask(unit, request).then((r) => (result = r));
    for (let i = 0; i < 100 && result === undefined; i += 1) {
      this.run.time.runUntil(later(this.run.time.now(), 100));
      loan.beat();
      await Promise.resolve();
      await Promise.resolve();
    }
    assert.ok(result !== undefined, 'an answer within 10 s');
    return result;
  }

  service(open: boolean): void {
    const { rig, time } = this.run;
    rig.runtime.openService(open ? later(time.now(), 3_600_000) : undefined);
  }

  lent(): BusLoan {
    this.service(true);
    this.advance(5);
    const loan = this.loan();
    assert.equal(loan.set(OTHER), undefined);
    for (let i = 0; i < 90 && loan.current() !== 'lent'; i += 1) this.advance(1, loan);
    assert.equal(loan.current(), 'lent');
    return loan;
  }

  /** The site as it must be after any end of a loan. */
  assertRestored(): void {
    assert.equal(this.opened.at(-1), '19200 none');
    this.service(false);
    this.advance(60);
    const { rig } = this.run;
    assert.equal(rig.runtime.mode(), 'normal');
    assert.equal(rig.runtime.snapshot()?.grid !== undefined, true, 'the meter is read again');
    assert.deepEqual(rig.sim.judge.report().violations, []);
  }
}

describe('a bus in the hands of a technician', function () {
  this.timeout(20_000);

  it('is asked at its own settings in any mode and costs the cycle nothing', async () => {
    const r = new Rig();
    const loan = r.loan();
    const before = r.line.bus.statistics();
    const from = r.run.time.now();
    assert.ok((await r.answer(loan, 20, { ...ZERO, address: 40_000 })).ok);
    for (let unit = 100; unit < 130; unit += 1) {
      const silent = await r.answer(loan, unit);
      assert.ok(!silent.ok && silent.reason === 'timeout', JSON.stringify(silent));
    }
    const { visits_ms, devices } = r.line.bus.statistics();
    const lasted_ms = r.run.time.now() - from;
    assert.ok(visits_ms / lasted_ms <= LOAN_LIMITS.share + 0.02, `${visits_ms} of ${lasted_ms}`);
    assert.equal(devices.length, before.devices.length, 'visits are no devices');
    for (const d of devices) {
      const lost = Object.values(d.failed).reduce((sum, n) => sum + n, 0);
      const known = before.devices.find((b) => b.device === d.device);
      const earlier = Object.values(known?.failed ?? {}).reduce((sum, n) => sum + n, 0);
      assert.equal(lost - earlier, 0, `${d.device} lost ${lost - earlier} answers`);
    }
    loan.end('done');
    assert.equal(r.line.bus.statistics().visits_ms, 0);
    assert.equal(r.run.rig.runtime.mode(), 'normal');
    assert.deepEqual(r.run.rig.sim.judge.report().violations, []);
  });

  it('is not lent outside mode service, nor without the right to work on a bus', () => {
    const r = new Rig();
    const loan = r.loan();
    assert.match(loan.set(OTHER) ?? '', /need mode service, the site is in normal/);
    r.service(true);
    r.advance(5, loan);
    r.mayChange = false;
    assert.match(loan.set(OTHER) ?? '', /does not cover work on a bus/);
    assert.deepEqual(r.opened, []);
    assert.equal(loan.current(), 'visiting');
  });

  it('puts its devices to static first, then stops polling and opens at the other settings', async () => {
    const r = new Rig();
    const { rig } = r.run;
    const told = rig.runtime.devices.bess[0]?.actuator;
    assert.ok(told !== undefined);
    r.service(true);
    r.advance(2);
    const loan = r.loan();
    assert.equal(loan.set(OTHER), undefined);
    const early = await loan.ask(77, ZERO);
    assert.ok(!early.ok && early.text === 'the bus is not lent yet');
    for (let i = 0; i < 90 && loan.current() !== 'lent'; i += 1) {
      assert.deepEqual(r.opened, [], 'nothing is opened before static');
      r.advance(1, loan);
    }
    assert.equal(told.current().holdsUntil ?? 0, 0, 'taken back, or never told');
    assert.deepEqual(r.opened, ['9600 even']);
    assert.equal(r.line.bus.statistics().open, false, 'polling has stopped');
    const answer = await r.answer(loan, 77);
    assert.ok(!answer.ok && answer.reason === 'exception', JSON.stringify(answer));
    r.advance(30, loan);
    assert.match(rig.runtime.snapshot()?.line ?? '', /^energised/, 'no false trip');
    assert.equal(rig.runtime.mode(), 'service');
    loan.end('the console closed');
    assert.ok(r.audit.some((a) => a.includes('restored to its own settings: the console closed')));
    r.assertRestored();
    assert.ok(r.run.audit.some((a) => a.includes('service -> static')));
  });

  it('scans several settings in one loan and comes back through its own', () => {
    const r = new Rig();
    const loan = r.lent();
    assert.equal(loan.set({ baud: 38400, parity: 'none' }), undefined);
    assert.equal(loan.current(), 'lent');
    assert.equal(loan.set({ baud: 19200, parity: 'none' }), undefined);
    assert.equal(loan.current(), 'visiting');
    assert.deepEqual(r.opened, ['9600 even', '38400 none', '19200 none']);
    r.advance(10, loan);
    assert.equal(r.line.bus.statistics().open, true);
    loan.end('done');
    r.assertRestored();
  });

  it('is given back when the console falls silent for 3 s', () => {
    const r = new Rig();
    const loan = r.lent();
    r.advance(1);
    assert.equal(loan.current(), 'lent');
    r.advance(3);
    assert.equal(loan.current(), 'ended');
    assert.match(r.phases.at(-1)?.[1] ?? '', /console is silent/);
    r.assertRestored();
  });

  it('is given back when the service session ends, and after its longest time', () => {
    const ended = new Rig();
    const first = ended.lent();
    ended.service(false);
    ended.advance(3, first);
    assert.equal(first.current(), 'ended');
    ended.assertRestored();
    const long = new Rig();
    const second = long.lent();
    long.advance(LOAN_LIMITS.lent_ms / 1000 + 1, second);
    assert.equal(second.current(), 'ended');
    assert.match(long.phases.at(-1)?.[1] ?? '', /longest time/);
    long.assertRestored();
  });

  it('nothing is written after a loan before the device has shown its identity again', () => {
    const r = new Rig();
    const loan = r.lent();
    r.advance(5, loan);
    const [bess] = r.run.rig.runtime.devices.bess;
    assert.ok(bess !== undefined);
    assert.equal(bess.device.mayWrite(), false);
    loan.end('done');
    assert.equal(bess.device.mayWrite(), false, 'the port is open, the device unknown');
    r.advance(15);
    assert.equal(bess.device.mayWrite(), true);
    r.assertRestored();
  });

  it('a setpoint that is still held keeps the bus from being lent', () => {
    const r = new Rig();
    r.service(true);
    r.advance(2);
    const held = 'bess may hold a setpoint for 40 s more';
    const still = { why: held as string | undefined };
    const loan = r.loan({ ...r.line, notYetStatic: () => still.why });
    assert.equal(loan.set(OTHER), undefined);
    r.advance(20, loan);
    assert.equal(loan.current(), 'to-static');
    assert.deepEqual(r.phases.at(-1), ['to-static', held]);
    still.why = undefined;
    r.advance(1, loan);
    assert.equal(loan.current(), 'lent');
    loan.end('done');
    r.assertRestored();
  });

  it('refuses more questions than may wait', async () => {
    const r = new Rig();
    const loan = r.loan();
    const all = Array.from({ length: LOAN_LIMITS.waiting + 3 }, () => loan.ask(200, ZERO));
    const last = await all.at(-1);
    assert.ok(last !== undefined && !last.ok && last.text.includes('wait already'));
    loan.end('done');
    const rest = await Promise.all(all);
    assert.ok(rest.every((x) => !x.ok));
  });
});
