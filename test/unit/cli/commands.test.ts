import { strict as assert } from 'node:assert';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { check } from '../../../firmware/cli/check';
import { commandNamed, usage } from '../../../firmware/cli/commands';
import { demo } from '../../../firmware/cli/demo';
import { parseDemoPlan } from '../../../firmware/cli/demoPlan';
import { why } from '../../../firmware/cli/live';
import { run } from '../../../firmware/cli/run';
import { sign } from '../../../firmware/cli/sign';
import { holdState } from '../../../firmware/cli/stateHold';
import { armSite } from '../../../firmware/processes/armSite';
import { parseProcessConfig } from '../../../firmware/processes/config';
import { readKept } from '../../../firmware/processes/kept';
import { captured } from './capture';

const SITES = path.join(__dirname, '..', '..', '..', 'firmware', 'sites');
const DEMO = path.join(SITES, 'demo.yaml');

describe('command line', () => {
  let folder = '';
  let site = '';
  const at = (name: string): string => path.join(folder, name);
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'holdfast-cli-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    site = at('site.yaml');
    copyFileSync(DEMO, site);
    rmSync(`${site}.sig`, { force: true });
  });
  const spoil = (from: string, to: string): void => {
    const text = readFileSync(site, 'utf8');
    assert(text.includes(from));
    writeFileSync(site, text.replace(from, to));
  };

  describe('check', () => {
    it('exits 0 for a file that fits and prints the whole proof', async () => {
      const { code, out } = await captured(() => check([site]));
      assert.equal(code, 0);
      for (const part of [
        /static plan/,
        /field buses/,
        /declared reaction times/,
        /fits: this file/,
      ]) {
        assert.match(out, part);
      }
    });

    it('exits 1 with file:line, numbers and fix for a plan that does not fit', async () => {
      spoil('import_A: 125', 'import_A: 60');
      const { code, out } = await captured(() => check([site]));
      assert.equal(code, 1);
      assert.match(
        out,
        new RegExp(`^${site}:5: error: grid: static plan, import on L1: 109.3 A > limit 60 A`),
      );
      assert.match(out, /\n {4}fix: lower static_A of the 8 stations below by 6\.2 A each/);
    });

    it('exits 1 for a file that does not decode, and --json says the same in one object', async () => {
      spoil('unit: 30', 'unit: 900');
      const { code, out } = await captured(() => check([site, '--json']));
      assert.equal(code, 1);
      const said = JSON.parse(out) as { fits: boolean; findings: { line: number; code: string }[] };
      assert.equal(said.fits, false);
      assert.deepEqual(
        said.findings.map((f) => f.code),
        ['bad-value'],
      );
    });

    it('says of a file that is empty, too long or no text what it is, and names known profiles', async () => {
      const told = async (bytes: string | Buffer): Promise<string> => {
        writeFileSync(site, bytes);
        const { code, out } = await captured(() => check([site]));
        assert.equal(code, 1);
        return out;
      };
      assert.match(await told(''), /:1: error: .* the file is empty .*\n {4}fix: name a site file/);
      assert.match(
        await told('x'.repeat(1_100_000)),
        /longer than 1048576 bytes .*\n {4}fix: name/,
      );
      const latin = Buffer.from('version: 1\nname: Dép\u00f4t\n', 'latin1');
      assert.match(
        await told(latin),
        /:2: error: .* not UTF-8 text .*\n {4}fix: save the file as UTF-8/,
      );
      const profile = readFileSync(DEMO, 'utf8').replace('eastron-sdm630', 'eastron-sdm999');
      const out = await told(profile);
      assert.match(out, /fix: known: .*eastron-sdm630/);
      assert.doesNotMatch(/fix: known.*/.exec(out)?.[0] ?? '', /sunspec-pv-123/);
      assert.match(out, /\ndoes not fit: 1 error, 0 risks/);
    });

    it('exits 2 without a file, or with one that cannot be read', async () => {
      for (const args of [[], [at('none.yaml')]]) {
        const { code, out, err } = await captured(() => check(args));
        assert.deepEqual([code, out], [2, '']);
        assert.match(err, /^holdfast check: /);
      }
      assert.throws(() => check(['--bogus']), /Unknown option/);
    });

    it('--schema prints the JSON Schema that lies beside the examples', async () => {
      const { code, out } = await captured(() => check(['--schema']));
      assert.equal(code, 0);
      assert.deepEqual(
        JSON.parse(out),
        JSON.parse(readFileSync(path.join(SITES, 'site.schema.json'), 'utf8')),
      );
    });
  });

  describe('sign and run', () => {
    let key = '';
    let keys = 0;
    beforeEach(async () => {
      keys += 1;
      key = at(`key-${keys}`);
      const { code } = await captured(() => sign([site, '--key', key, '--new-key']));
      assert.equal(code, 0);
    });
    const refused = async (args: readonly string[]): Promise<string> => {
      const { code, err } = await captured(() => run(args));
      assert.equal(code, 1);
      return err;
    };
    const attempt = (): Promise<string> =>
      refused(['--site', site, '--trust', `${key}.pub`, '--state', at('state')]);

    it('a signed file that fits is armed by the key that signed it', () => {
      const armed = armSite(site, [`${key}.pub`]);
      assert.equal(armed.site.id, 'demo');
      assert.equal(armed.site.stations.length, 8);
      assert.equal(statSync(key).mode & 0o777, 0o600);
    });

    it('sign exits 2 without key or file, with a key that is not there, or that exists already', async () => {
      const cases: readonly (readonly string[])[] = [
        [],
        [site],
        [at('none'), '--key', key],
        [site, '--key', at('no-key')],
        [site, '--key', key, '--new-key'],
      ];
      for (const args of cases) {
        const { code, err } = await captured(() => sign(args));
        assert.equal(code, 2, args.join(' '));
        assert.match(err, /^holdfast sign: /);
      }
    });

    it('sign refuses a key that others may read', async () => {
      chmodSync(key, 0o644);
      const { code, err } = await captured(() => sign([site, '--key', key]));
      assert.equal(code, 2);
      assert.match(err, /chmod 600/);
    });

    it('sign exits 1 for a file that does not fit and writes no signature', async () => {
      spoil('import_A: 125', 'import_A: 60');
      rmSync(`${site}.sig`);
      const { code, err } = await captured(() => sign([site, '--key', key]));
      assert.equal(code, 1);
      assert.match(err, /does not fit and is not signed/);
      assert.throws(() => statSync(`${site}.sig`));
    });

    it('run exits 2 without site or trust', async () => {
      for (const args of [[], ['--site', site], ['--trust', `${key}.pub`]]) {
        assert.equal((await captured(() => run(args))).code, 2);
      }
    });

    it('run refuses an unsigned file and says how to sign it', async () => {
      rmSync(`${site}.sig`);
      assert.match(await attempt(), /is not signed: holdfast sign .* --key KEY/);
    });

    it('run refuses a file that was changed after it was signed, by one blank even', async () => {
      writeFileSync(site, `${readFileSync(site, 'utf8')} `);
      assert.match(await attempt(), /is refused: the signature does not match the file/);
    });

    it('run refuses the signature of a key it does not trust', async () => {
      const other = at(`other-${keys}`);
      await captured(() => sign([site, '--key', other, '--new-key']));
      assert.match(await attempt(), /key [0-9a-f]{16} is not trusted here/);
    });

    it('run refuses a signature for another site, and a file that is no signature', async () => {
      const text = readFileSync(`${site}.sig`, 'utf8');
      writeFileSync(`${site}.sig`, text.replace('"demo"', '"depot"'));
      assert.match(await attempt(), /signed for site depot, not demo/);
      writeFileSync(`${site}.sig`, 'x');
      assert.match(await attempt(), /is not a signature file/);
    });

    it('run makes no state for what it refuses', () => {
      assert.throws(() => statSync(at('state')));
    });

    it('run exits 2 for a site file or a trust key that cannot be read', async () => {
      for (const args of [
        ['--site', site, '--trust', at('nobody.pub')],
        ['--site', at('none.yaml'), '--trust', `${key}.pub`],
      ]) {
        const { code, err } = await captured(() => run(args));
        assert.equal(code, 2);
        assert.match(err, /cannot be read: check the path and its permissions/);
      }
    });

    it('run exits 2 for words that contradict each other or name no line', async () => {
      const words = ['--site', site, '--trust', `${key}.pub`];
      for (const [more, says] of [
        [['--state', ''], /--state names no folder/],
        [['--board', 'laptop', '--line', `emulated:${at('line')}`], /keep one of them/],
        [['--line', 'relay:1'], /--line relay:1 is no back end of a line: write one of watchdog:/],
      ] as const) {
        const { code, err } = await captured(() => run([...words, ...more]));
        assert.equal(code, 2, err);
        assert.match(err, says);
      }
    });

    it('run refuses one --line for a site file with several lines', async () => {
      copyFileSync(path.join(SITES, 'depot.yaml'), site);
      await captured(() => sign([site, '--key', key]));
      const words = ['--site', site, '--trust', `${key}.pub`, '--line', 'watchdog:/dev/watchdog1'];
      const { code, err } = await captured(() => run(words));
      assert.equal(code, 2);
      assert.match(err, /the site file has line-night, line-fast, line-site: name them in a board/);
    });

    it('run refuses a state folder that is a file, and one in which a gateway runs', async () => {
      const words = ['--site', site, '--trust', `${key}.pub`, '--state'];
      const file = at('no-folder');
      writeFileSync(file, '');
      assert.match(await refused([...words, file]), /cannot be used: it is no folder; choose/);
      const state = at('held');
      const hold = await holdState(state);
      assert('release' in hold);
      assert.match(await refused([...words, state]), /a gateway runs on .*held already/);
      hold.release();
    });
  });

  describe('live commands without a gateway', () => {
    it('why exits 2 and says that it does not run', async () => {
      const { code, err } = await captured(() => why(['station-1', '--socket', at('none.sock')]));
      assert.equal(code, 2);
      assert.match(err, /the gateway does not run .*start it: holdfast run/);
    });

    it('why exits 2 without a station', async () => {
      assert.equal((await captured(() => why([]))).code, 2);
    });
  });

  describe('demo', () => {
    const given = { fault: [], seed: '1', site: DEMO, json: true };

    it('reads times and faults, and says what is wrong with others', () => {
      const plan = parseDemoPlan({ ...given, for: '2m', fault: ['meter-unplugged@10+5.5'] });
      assert(typeof plan !== 'string');
      assert.deepEqual(
        [plan.for_s, plan.faults],
        [120, [{ fault: 'meter-unplugged', at_s: 10, for_s: 5.5 }]],
      );
      const wrong = [
        { ...given, for: '10 days' },
        { ...given, seed: '-1' },
        { ...given, seed: 'x' },
        { ...given, fault: ['lightning@1'] },
        { ...given, fault: ['meter-unplugged'] },
        { ...given, fault: ['meter-unplugged@-1'] },
      ];
      for (const w of wrong) assert.equal(typeof parseDemoPlan(w), 'string', JSON.stringify(w));
    });

    it('exits 2 for a fault that nobody knows and 1 for a site that does not fit', async () => {
      assert.equal((await captured(() => demo(['--fault', 'x@1']))).code, 2);
      spoil('import_A: 125', 'import_A: 60');
      const { code, err } = await captured(() =>
        demo(['--site', site, '--for', '1s', '--virtual']),
      );
      assert.equal(code, 1);
      assert.match(err, /static-plan-import/);
    });

    it('in virtual time prints one JSON object and exits 0 without a violation', async () => {
      const { code, out } = await captured(() => demo(['--virtual', '--for', '30s', '--json']));
      assert.equal(code, 0);
      const lines = out.trimEnd().split('\n');
      assert.equal(lines.length, 1);
      assert.equal(
        (JSON.parse(lines[0] ?? '') as { limit_violations: number }).limit_violations,
        0,
      );
    });
  });

  describe('the table and the processes', () => {
    it('names every command with its use, and no other', () => {
      for (const name of ['check', 'sign', 'demo', 'run', 'why']) {
        assert.equal(commandNamed(name)?.name, name);
        assert.match(usage(), new RegExp(`\n  ${name} `));
      }
      for (const name of ['', 'CHECK', '__proto__']) assert.equal(commandNamed(name), undefined);
    });

    it('a process configuration with a missing field is refused by its name', () => {
      const good = {
        siteFile: 'a',
        trust: ['k'],
        state: 's',
        bootId: 'b',
        start: 'clean',
        line: 'l',
        secrets: 'x',
      };
      assert.equal(parseProcessConfig(JSON.stringify(good)).start, 'clean');
      for (const key of ['siteFile', 'state', 'bootId', 'start', 'line', 'secrets']) {
        const text = JSON.stringify({ ...good, [key]: 1 });
        assert.throws(() => parseProcessConfig(text), new RegExp(`${key} is missing`));
      }
      assert.throws(() => parseProcessConfig('null'));
      assert.equal(
        parseProcessConfig(JSON.stringify({ ...good, start: 'yesterday' })).start,
        'return',
      );
    });

    it('what the supervisor kept counts as latched when it cannot be read', () => {
      const file = at('kept.json');
      assert.deepEqual(readKept(at('none')), { returnsWithinHour: 0, latched: false });
      writeFileSync(file, '{"returnsWithinHour":2,"latched":false}');
      assert.deepEqual(readKept(file), { returnsWithinHour: 2, latched: false });
      writeFileSync(file, '{"returnsWithinHour":0,"latched":true,"excess":true}');
      assert.deepEqual(readKept(file), { returnsWithinHour: 0, latched: true, excess: true });
      for (const text of ['', '{', 'null', '5', '{}', '{"returnsWithinHour":-1,"latched":0}']) {
        writeFileSync(file, text);
        assert.deepEqual(readKept(file), { returnsWithinHour: 3, latched: true }, text);
      }
    });
  });
});
