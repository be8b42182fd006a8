import { strict as assert } from 'node:assert';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { mode, shows } from '../../../firmware/cli/mode';
import { duration_ms, service } from '../../../firmware/cli/service';
import { sign } from '../../../firmware/cli/sign';
import { ServiceDoor } from '../../../firmware/processes/serviceDoor';
import { signDetached, type SigningKey } from '../../../src/io/keys';
import { captured } from '../cli/capture';
import { ConsoleRig } from './rig';

describe('persons at the console', function () {
  this.timeout(20_000);
  let rig: ConsoleRig;
  const file = (name: string): string => path.join(rig.folder, name);
  beforeEach(async () => {
    rig = new ConsoleRig();
    await rig.open();
  });
  afterEach(() => rig.close());

  const asked = (...words: string[]) => captured(() => mode([...words, '--socket', rig.socket]));
  const served = (...words: string[]) =>
    captured(() => service([...words, '--socket', rig.socket]));

  /** A document as a CPO person would sign it, with changes. */
  function document(
    name: string,
    change: Record<string, unknown> = {},
    key: SigningKey = rig.owner,
    sign_: { purpose?: 'service-grant' | 'request'; site?: string } = {},
  ): string {
    const out = file(name);
    const content = {
      site: 'demo',
      who: 'ann',
      role: 'field-tech',
      actions: ['bus-write', 'open-service'],
      hours: 2,
      reason: 'meter swap',
      sequence: 10,
      notAfter: new Date(rig.run.time.wall_ms() + 3_600_000).toISOString(),
      ...change,
    };
    const bytes = Buffer.from(JSON.stringify(content));
    writeFileSync(out, bytes);
    const { purpose, site } = { purpose: 'service-grant' as const, site: 'demo', ...sign_ };
    writeFileSync(`${out}.sig`, JSON.stringify(signDetached(bytes, purpose, site, key)));
    return out;
  }

  it('one person forces static and lifts it again, and both are on record', async () => {
    const forced = await asked('force-static', '--who', 'ann');
    assert.equal(forced.code, 0, forced.err);
    assert.match(forced.out, /mode static: a person forced static/);
    assert.ok(existsSync(file('forced-static')));
    rig.advance(60);
    assert.equal(rig.run.rig.runtime.mode(), 'static', 'only a person lifts it');
    const left = await asked('leave-static', '--who', 'bob');
    assert.equal(left.code, 0, left.err);
    assert.equal(existsSync(file('forced-static')), false);
    rig.advance(30);
    assert.equal(rig.run.rig.runtime.mode(), 'normal');
    assert.deepEqual(
      rig.run.audit.filter((a) => a.startsWith('human')),
      ['human mode: force-static by ann', 'human mode: leave-static by bob'],
    );
  });

  it('forced static outlives a restart of the process', async () => {
    await asked('force-static');
    const { runtime } = rig.run.rig;
    runtime.persons.ask('leave-static', 'the memory that is lost in a restart');
    rig.advance(30);
    assert.equal(runtime.mode(), 'normal');
    rig.modeDoor().restore();
    rig.advance(3);
    assert.equal(runtime.mode(), 'static');
  });

  it('a force that comes after a leave in the same second wins', () => {
    const { persons } = rig.run.rig.runtime;
    persons.ask('leave-static', 'bob');
    persons.ask('force-static', 'ann');
    rig.advance(30);
    assert.equal(rig.run.rig.runtime.mode(), 'static');
  });

  it('acknowledges an emergency stop only when it is over', async () => {
    const { runtime } = rig.run.rig;
    runtime.setEmergencyStop(true);
    rig.advance(2);
    const early = await asked('acknowledge-stop');
    assert.equal(early.code, 1);
    assert.match(early.out, /emergency stop.*free the stop contact first/);
    runtime.setEmergencyStop(false);
    const then = await asked('acknowledge-stop');
    assert.equal(then.code, 0, then.out);
  });

  it('release says when nothing is latched, and when the supervisor is silent', async () => {
    const nothing = await asked('release');
    assert.deepEqual([nothing.code, nothing.err.includes('nothing is latched')], [1, true]);
    rig.run.rig.supervisorAlive = false;
    const silent = await asked('release');
    assert.match(silent.err, /supervisor does not answer/);
  });

  it('release of a latched supervisor reaches it', () => {
    const asked_: string[] = [];
    const { persons } = rig.run.rig.runtime;
    const { supervisor } = rig.run.rig;
    supervisor.report = () => ({
      line: 'fed',
      text: '',
      accepted: 1,
      refused: 0,
      latched: true,
      excess: false,
      returnsWithinHour: 3,
      stuck: [],
    });
    supervisor.release = () => void asked_.push('released');
    assert.equal(persons.release('ann'), 'asked');
    assert.deepEqual(asked_, ['released']);
  });

  it('unknown wishes and a gateway that does not run end with 2 and say what to do', async () => {
    assert.match((await asked('explode')).err, /force-static\|leave-static/);
    const nobody = await captured(() => mode(['force-static', '--socket', file('no.sock')]));
    assert.deepEqual([nobody.code, nobody.err.includes('holdfast run')], [2, true]);
    assert.equal((await captured(() => service(['state', '--socket', file('no.sock')]))).code, 2);
    assert.equal(shows('leave-static', { mode: 'static', modeWhy: 'start', line: '' }), true);
  });

  it('draft, sign, open: three lines put the site into service, and close ends it', async () => {
    const draft = ['draft', '--site', 'demo', '--who', 'ann', '--reason', 'meter swap'];
    const out = file('visit.json');
    assert.equal((await served(...draft, '--for', '2h', '--out', out)).code, 0);
    // The draft is dated by the wall clock of the person's machine.
    rig.run.time.wallOffset_ms = Date.now() - rig.run.time.wall_ms();
    const key = ['--key', file('owner.key'), '--purpose', 'service-grant'];
    assert.equal((await captured(() => sign([out, ...key]))).code, 0);
    const opened = await served('open', '--grant', out, '--who', 'ann', '--for', '1h');
    assert.equal(opened.code, 0, opened.err);
    assert.match(opened.out, /mode service: a technician/);
    const state = await served('state');
    assert.match(state.out, /open for ann \(field-tech\): meter swap/);
    rig.advance(30);
    assert.match(rig.run.rig.runtime.snapshot()?.line ?? '', /^energised/);
    assert.equal((await served('close', '--who', 'ann')).code, 0);
    rig.advance(30);
    assert.equal(rig.run.rig.runtime.mode(), 'normal');
    assert.ok(
      rig.run.audit.some((a) => a.includes('service -> static')),
      'left through static',
    );
    const texts = rig.audit.map((a) => `${a.kind} ${a.text}`);
    assert.match(texts.join('\n'), /human opened: session of ann.*\n.*closed by ann/);
    assert.deepEqual(rig.run.rig.sim.judge.report().violations, []);
  });

  it('a session ends by itself after its time', async () => {
    const opened = await served('open', '--grant', document('a.json'), '--for', '1m');
    assert.equal(opened.code, 0, opened.err);
    rig.advance(70);
    assert.notEqual(rig.run.rig.runtime.mode(), 'service');
    assert.match((await served('state')).out, /no service session/);
  });

  it('each document opens one session, also after a restart', async () => {
    const first = document('a.json');
    assert.equal((await served('open', '--grant', first)).code, 0);
    const again = await served('open', '--grant', first);
    assert.match(again.err, /sequence 10 is not above 10.*each document opens one session/);
    rig.service = rig.serviceDoor();
    const wish = {
      documentBase64: readFileSync(first).toString('base64'),
      signature: readFileSync(`${first}.sig`, 'utf8'),
    };
    assert.match((await rig.service.open(wish)).text, /each document opens one session/);
    const older = document('b.json', { sequence: 9 });
    assert.equal((await served('open', '--grant', older)).code, 1);
    const newer = document('c.json', { sequence: 11 });
    assert.equal((await served('open', '--grant', newer)).code, 0);
  });

  it('the sequence is on disk before the session opens; unreadable memory lets nobody in', async () => {
    const first = document('a.json');
    assert.equal((await served('open', '--grant', first)).code, 0);
    const kept = readFileSync(file('service-sequences.json'), 'utf8');
    assert.deepEqual(JSON.parse(kept), { [rig.owner.keyId]: 10 });
    writeFileSync(file('service-sequences.json'), '{"0000000000000000":"x"}');
    const refused = await served('open', '--grant', document('c.json', { sequence: 12 }));
    assert.match(refused.err, /cannot be read: it is damaged; restore it/);
  });

  it('a session that cannot be kept on disk is not opened', async () => {
    const wish = {
      documentBase64: readFileSync(document('a.json')).toString('base64'),
      signature: readFileSync(file('a.json.sig'), 'utf8'),
    };
    const door = new ServiceDoor({
      site: 'demo',
      keys: [rig.owner.publicKey],
      file: path.join(rig.folder, 'no-such-folder', 'x.json'),
      clock: rig.run.time,
      audit: { append: () => undefined },
      openService: () => assert.fail('opened'),
    });
    assert.match((await door.open(wish)).text, /cannot be kept.*used twice/);
  });

  it('refuses forged, foreign, expired, unsigned and too generous documents in a sentence', async () => {
    const open = async (name: string): Promise<string> => {
      const answer = await served('open', '--grant', name);
      assert.notEqual(answer.code, 0);
      return answer.err;
    };
    const forged = document('forged.json');
    writeFileSync(forged, readFileSync(forged, 'utf8').replace('"hours":2', '"hours":8'));
    assert.match(await open(forged), /signature does not match/);
    assert.match(await open(document('s.json', {}, rig.stranger)), /is not trusted here/);
    assert.match(
      await open(document('p.json', {}, rig.owner, { purpose: 'request' })),
      /signed for request, not service-grant/,
    );
    assert.match(
      await open(document('x.json', {}, rig.owner, { site: 'other' })),
      /signed for site other, not demo/,
    );
    assert.match(await open(document('y.json', { site: 'other' })), /for site other, not demo/);
    const past = new Date(rig.run.time.wall_ms() - 1000).toISOString();
    assert.match(await open(document('e.json', { notAfter: past })), /could be used until/);
    const far = new Date(rig.run.time.wall_ms() + 40 * 86_400_000).toISOString();
    assert.match(await open(document('f.json', { notAfter: far })), /31 days ahead/);
    assert.match(await open(document('h.json', { hours: 9 })), /at most 8/);
    assert.match(
      await open(document('b.json', { actions: ['bus-write', 'change-bounds'] })),
      /no grant lets a field-tech change-bounds/,
    );
    assert.match(await open(document('r.json', { role: 'cpo-admin' })), /role is one of/);
    assert.match(await open(document('k.json', { extra: 1 })), /has a key "extra"/);
    assert.match(await open(document('n.json', { actions: ['bus-read'] })), /names no bus-write/);
    writeFileSync(file('u.json'), '{}');
    assert.match(await open(file('u.json')), /is not signed: holdfast sign/);
    assert.match(await open(file('none.json')), /cannot be read/);
    const other = await served('open', '--grant', document('w.json'), '--who', 'bob');
    assert.match(other.err, /it lets in ann, not bob/);
    const longer = await served('open', '--grant', document('l.json'), '--for', '3h');
    assert.match(longer.err, /at most 2 h/);
    assert.equal(rig.run.rig.runtime.mode(), 'normal', 'nothing of it opened anything');
    assert.ok(rig.audit.length > 10 && rig.audit.every((a) => a.kind === 'denial'));
  });

  it('reads times and refuses bad ones', async () => {
    assert.deepEqual([duration_ms('90m'), duration_ms('1.5h')], [5_400_000, 5_400_000]);
    assert.ok(Number.isNaN(duration_ms('2d')));
    assert.equal((await served('open', '--for', '2d')).code, 2);
    assert.equal((await served()).code, 2);
    const draft = ['draft', '--site', 'demo', '--who', 'ann', '--reason', 'x', '--for', '9h'];
    assert.match((await served(...draft, '--out', file('d.json'))).err, /at most 8/);
  });
});
