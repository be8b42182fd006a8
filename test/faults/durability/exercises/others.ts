/** Files of `supervisor`, `recorder`, and of the commands that write. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { endClean, prepare } from '../../../../firmware/cli/firstStart';
import { sign } from '../../../../firmware/cli/sign';
import { loadSite } from '../../../../firmware/loadSite';
import { readKept } from '../../../../firmware/processes/kept';
import { openOrSetAside } from '../../../../firmware/processes/keptHistory';
import { MINUTE_ms } from '../../../../src/io/history';
import { openSqlite } from '../../../../src/io/history/sqlite';
import {
  createKeyFile,
  loadOrCreateKey,
  loadPublicKey,
  parseSignature,
  verifyDetached,
} from '../../../../src/io/keys';
import { SecretVerifier } from '../../../../src/io/ocppRpc/secret';
import { KeptFile, openJournal } from '../../../../src/io/store';
import {
  type Exercise,
  type Finding,
  lost,
  mixed,
  must,
  type Place,
  raised,
  unusable,
} from '../exercise';

const RETURNS = [0, 1, 2, 3] as const;

export const supervisorLatch: Exercise = {
  async write(place, step) {
    const said: string[] = [];
    const kept = new KeptFile(path.join(place.state, 'supervisor.json'), (why) => said.push(why));
    for (const n of RETURNS) {
      await step(String(n), async () => {
        const before = said.length;
        kept.save(Buffer.from(JSON.stringify({ latched: n === 3, returnsWithinHour: n })));
        await kept.settled();
        must(said.length === before, said.slice(before).join());
      });
    }
    await step('again', async () => {
      kept.again();
      await kept.settled();
      must(!kept.failed(), 'the disk still refuses');
    });
  },
  check(place, story) {
    const { latched, returnsWithinHour } = readKept(path.join(place.state, 'supervisor.json'));
    const least = Number(story.done.filter((name) => name !== 'again').at(-1) ?? 0);
    const all = story.done.includes('again') ? 3 : least;
    const found: Finding[] = [];
    if (returnsWithinHour < all) found.push(raised(`${returnsWithinHour} returns, not ${all}`));
    if (all === 3 && !latched) found.push(raised('the latch is gone'));
    // A file that cannot be read counts as latched: careful, but a person must come.
    if (latched && !story.begun.includes('3')) found.push(unusable('latched without a reason'));
    return Promise.resolve(found);
  },
};

const RECORDS = 14;
const recordOf = (n: number): Uint8Array => Buffer.from(`record ${n} ${'x'.repeat(40)}`);

const journalIn = (place: Place) =>
  openJournal({ folder: path.join(place.state, 'audit'), segmentMax_bytes: 512, segmentsMax: 3 });

export const audit: Exercise = {
  async write(place, step) {
    let store;
    try {
      ({ store } = journalIn(place));
    } catch {
      // The process ends and is started again until the disk lets it begin.
      return;
    }
    const { append, close } = { append: store.append.bind(store), close: store.close.bind(store) };
    for (let n = 1; n <= RECORDS; n += 1) await step(String(n), () => void append(recordOf(n)));
    close();
  },
  check(place, story) {
    const { payloads, tail, store } = journalIn(place);
    const found: Finding[] = [];
    const numbers = payloads.map((bytes) => Buffer.from(bytes).toString());
    const read = numbers.map((text) => Number(/^record (\d+) x{40}$/.exec(text)?.[1]));
    if (read.some(Number.isNaN)) found.push(mixed(numbers.join()));
    const ordered = read.every((n, i) => i === 0 || n > (read[i - 1] ?? 0));
    if (!ordered) found.push(mixed(`order ${read.join()}`));
    // Old segments go; within what is kept nothing acknowledged may be missing.
    const first = read[0] ?? 1;
    const gone = story.done.map(Number).filter((n) => n >= first && !read.includes(n));
    const last = Number(story.done.at(-1) ?? 0);
    if (gone.length > 0 || last > Math.max(0, ...read))
      found.push(lost(`${gone.join()} of ${last}`));
    const aside = readdirSync(path.join(place.state, 'audit')).filter((n) => n.includes('corrupt'));
    if (tail === 'corrupt' || aside.length > 0)
      found.push(unusable(`tail ${tail}, ${aside.join()}`));
    store.append(recordOf(Math.max(RECORDS, ...read) + 1));
    store.close();
    return Promise.resolve(found);
  },
};

/** Small, so that the oldest goes; four batches of a few pages. */
const HISTORY_MAX_BYTES = 64 * 1024;
const BEGIN_ms = Date.parse('2026-11-22T00:00:00Z');
const BATCHES = 4;
const BATCH_MINUTES = 5;
const SERIES = Array.from({ length: 80 }, (_, i) => `series_${i}`);

export const history: Exercise = {
  async write(place, step) {
    const file = path.join(place.state, 'history.db');
    const opened = openOrSetAside(file, HISTORY_MAX_BYTES, () => undefined);
    if (!opened.ok) return;
    for (let k = 0; k < BATCHES; k += 1) {
      await step(String(k), () => {
        for (let m = k * BATCH_MINUTES; m < (k + 1) * BATCH_MINUTES; m += 1) {
          opened.history.record(BEGIN_ms + m * MINUTE_ms, new Map(SERIES.map((one) => [one, m])));
        }
        opened.history.flush();
      });
    }
    await step('close', () => opened.history.close());
  },
  check(place, story, power) {
    const file = path.join(place.state, 'history.db');
    const found: Finding[] = [];
    const opened = openOrSetAside(file, HISTORY_MAX_BYTES, (text) => found.push(unusable(text)));
    if (!opened.ok) return Promise.resolve([unusable(opened.why)]);
    const last = Number(story.done.filter((name) => name !== 'close').at(-1) ?? -1);
    for (const series of last < 0 ? [] : SERIES) {
      const points = opened.history.read(series, BEGIN_ms, BEGIN_ms + 1e9);
      const wrong = points.filter((p) => p.value !== (p.at_ms - BEGIN_ms) / MINUTE_ms);
      if (wrong.length > 0) found.push(mixed(`${series}: ${wrong.length} wrong values`));
      // Values are written without waiting for the disk: a power cut may cost the last minutes,
      // but not what was closed in order.
      const newest = (points.at(-1)?.value ?? -1) / BATCH_MINUTES;
      if ((!power || story.done.includes('close')) && newest < last)
        found.push(lost(`${series}: batch ${last}`));
    }
    opened.history.close();
    const database = openSqlite(file);
    const verdict = JSON.stringify(database?.prepare('PRAGMA integrity_check').all());
    database?.close();
    if (!verdict.includes('"ok"')) found.push(unusable(verdict));
    return Promise.resolve(found.slice(0, 1));
  },
};

export const deviceKey: Exercise = {
  async write(place, step) {
    for (const n of [1, 2])
      await step(String(n), () => loadOrCreateKey(path.join(place.state, 'device.key')).keyId);
  },
  check(place, story) {
    const file = path.join(place.state, 'device.key');
    const found: Finding[] = [];
    const key = loadOrCreateKey(file);
    const said = story.answers.get(story.done.at(-1) ?? '');
    if (said !== undefined && said !== key.keyId) found.push(lost('the device is another one'));
    const half = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const pub = existsSync(`${file}.pub`) ? readFileSync(`${file}.pub`, 'utf8') : 'none';
    if (pub !== half)
      found.push(unusable(`${file}.pub is ${pub === 'none' ? 'missing' : 'another'}`));
    return Promise.resolve(found);
  },
};

const DEMO = path.join(process.env['HOLDFAST_ROOT'] ?? '.', 'firmware', 'sites', 'demo.yaml');

async function started(place: Place) {
  const { site } = loadSite(DEMO);
  if (site === undefined) throw new Error('no demo site');
  const from = { siteFile: DEMO, trust: [], line: '' };
  return { site, config: await prepare(site, path.join(place.state, 'gateway'), from) };
}

/** Whether each station's password that a person enters opens its door, and nothing else does. */
async function doors(place: Place): Promise<readonly Finding[]> {
  const { site, config } = await started(place);
  const pairs = (file: string): Map<string, string> =>
    new Map(
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']),
    );
  const stored = pairs(config.secrets);
  const plain = pairs(path.join(config.state, 'station-passwords-to-enter'));
  const found: Finding[] = [];
  for (const { id } of site.stations) {
    const secret = Buffer.from(plain.get(id) ?? '');
    const right = await new SecretVerifier().verify(id, secret, stored.get(id));
    if (right !== 'right') found.push(unusable(`${id}: its password does not open`));
    if (secret.length !== 40) found.push(mixed(`${id}: password of ${secret.length} characters`));
  }
  return found;
}

export const firstStart: Exercise = {
  async write(place, step) {
    for (const n of [1, 2]) {
      await step(String(n), async () => {
        const { config } = await started(place);
        return readFileSync(config.secrets, 'utf8');
      });
    }
  },
  async check(place, story) {
    const found = await doors(place);
    const secrets = readFileSync(path.join(place.state, 'gateway', 'station-secrets'), 'utf8');
    const said = story.answers.get(story.done.at(-1) ?? '');
    return said === undefined || said === secrets ? found : [...found, lost('the passwords')];
  },
};

export const cleanStop: Exercise = {
  async prepare(place) {
    await started(place);
  },
  async write(place, step) {
    for (const n of [1, 2]) {
      let config: Awaited<ReturnType<typeof started>>['config'] | undefined;
      await step(`start ${n}`, async () => {
        ({ config } = await started(place));
        return config.start;
      });
      const { state, bootId } = { state: path.join(place.state, 'gateway'), bootId: 'boot' };
      await step(`stop ${n}`, () => endClean({ ...(config ?? NO_CONFIG), state, bootId }));
    }
    await step('start 3', async () => (await started(place)).config.start);
  },
  async check(place, story) {
    const { config } = await started(place);
    const last = story.done.at(-1);
    const stopping = story.begun.at(-1)?.startsWith('stop') ?? false;
    const running = last?.startsWith('start') ?? false;
    // After a start that was acknowledged only a stop that began may make the next one clean.
    if (running && !stopping && config.start !== 'return') return [raised(`${config.start} start`)];
    return [];
  },
};

const NO_CONFIG = { siteFile: '', trust: [], line: '', start: 'return', secrets: '' } as const;

/** Two lists of one site, as a person signs them one after the other. */
const listText = (n: number): string =>
  JSON.stringify({ version: 1, site: 'durability', sequence: n, fingerprints: [] });

export const signature: Exercise = {
  prepare(place) {
    createKeyFile(path.join(place.fixed, 'cpo.key'));
    for (const n of [1, 2]) writeFileSync(path.join(place.state, `list-${n}`), listText(n));
  },
  async write(place, step) {
    for (const n of [1, 2, 1]) {
      await step(`sign ${n}`, () => {
        const args = [path.join(place.state, `list-${n}`), '--purpose', 'deny-list', '--json'];
        const code = sign([...args, '--key', path.join(place.fixed, 'cpo.key')]);
        must(code === 0, `exit code ${code}`);
      });
    }
  },
  check(place, story) {
    const keys = [loadPublicKey(path.join(place.fixed, 'cpo.key.pub'))];
    const found: Finding[] = [];
    for (const n of [1, 2]) {
      const file = path.join(place.state, `list-${n}`);
      const text = existsSync(`${file}.sig`) ? readFileSync(`${file}.sig`, 'utf8') : undefined;
      if (text === undefined && story.done.includes(`sign ${n}`)) found.push(lost(`sign ${n}`));
      if (text === undefined) continue;
      const parsed = parseSignature(text);
      const expected = { purpose: 'deny-list', site: 'durability' } as const;
      const good =
        parsed !== undefined && verifyDetached(readFileSync(file), parsed, expected, keys).ok;
      if (!good) found.push(mixed(`${file}.sig`));
    }
    return Promise.resolve(found);
  },
};
