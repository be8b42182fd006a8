/** Files of the process `stations`: records, tags, abilities, certain time, trust. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  certainFrom,
  openPasswords,
  tagDigest,
  watchDenyList,
} from '../../../../firmware/processes/stationsTrust';
import { createKeyFile, loadPrivateKey, signDetached } from '../../../../src/io/keys';
import { KeptFile, openRecords } from '../../../../src/io/store';
import { AbilityBook, type RecordStore } from '../../../../src/ocpp';
import { loadSite } from '../../../../firmware/loadSite';
import {
  type Exercise,
  type Finding,
  lost,
  mixed,
  must,
  type Place,
  raised,
  replaced,
} from '../exercise';

const STATION = 'cs-1';

/** Saves through the product's keeper and waits; a refusal is thrown. */
async function keep(file: string, text: string): Promise<void> {
  const said: string[] = [];
  const kept = new KeptFile(file, (why) => said.push(why));
  kept.save(Buffer.from(text));
  await kept.settled();
  must(said.length === 0, said.join());
}

const textOf = (file: string): string | undefined =>
  existsSync(file) ? readFileSync(file, 'utf8') : undefined;

export const stationTags: Exercise = {
  async write(place, step) {
    const file = path.join(place.state, 'station-tags.json');
    for (const n of [1, 2, 3]) await step(tags(n), () => keep(file, tags(n)));
  },
  check(place, story) {
    const file = path.join(place.state, 'station-tags.json');
    return Promise.resolve(replaced(story, 'none', textOf(file) ?? 'none'));
  },
};

/** What the relay's memory of tags saves, in size and form. */
const tags = (n: number): string =>
  JSON.stringify({ tags: Array.from({ length: 40 * n }, (_, i) => [`digest-${i}`, 'Accepted']) });

export const stationAbilities: Exercise = {
  async write(place, step) {
    const file = path.join(place.state, 'station-abilities.json');
    let text = '';
    const book = new AbilityBook(undefined, (next) => (text = next));
    book.seen(STATION, { vendor: 'v', model: 'm', firmware: '1' });
    for (const s of [10, 20, 30]) {
      book.put(STATION, { zeroAllowed: false, minRenew_s: s, powerCycled: true });
      await step(String(s), () => keep(file, text));
    }
  },
  check(place, story) {
    const book = new AbilityBook(textOf(path.join(place.state, 'station-abilities.json')));
    const found = book.found(STATION);
    if (found === undefined) return Promise.resolve(replaced(story, 'none', 'none'));
    const free = found.zeroAllowed === false ? [] : [raised('a found restriction is gone')];
    return Promise.resolve([...free, ...replaced(story, 'none', String(found.minRenew_s))]);
  },
};

export const certainTimeKept: Exercise = {
  async write(place, step) {
    const file = path.join(place.state, 'certain-time');
    for (const at of ['1795000000000', '1795003600000', '1795007200000'])
      await step(at, () => keep(file, at));
  },
  check(place, story) {
    const text = textOf(path.join(place.state, 'certain-time'));
    const kept = certainFrom(text === undefined ? undefined : Buffer.from(text));
    return Promise.resolve(replaced(story, '0', String(kept)));
  },
};

export const passwordsRotated: Exercise = {
  async write(place, step) {
    const book = openPasswords(place.state);
    for (const n of [1, 2, 3]) {
      await step(`cpms-${n}`, () => {
        must(book.own(STATION, `cpms-${n}`), 'refused');
      });
    }
    await step('offer', async () => {
      const stored = new Promise<boolean>((resolve) => {
        book.offer(STATION, '00112233445566778899aabbccddeeff', resolve);
      });
      must(await stored, 'refused');
    });
  },
  check(place, story) {
    const book = openPasswords(place.state);
    const found: Finding[] = [];
    const own = story.done.filter((name) => name !== 'offer').at(-1);
    const passwords = book.upstreamOf(STATION, undefined);
    // Both count until the newer worked: the last acknowledged must still be one of them.
    if (own !== undefined && !passwords.includes(own)) found.push(lost(`password ${own}`));
    const strange = passwords.filter((one) => one.startsWith('cpms') && !story.begun.includes(one));
    if (strange.length > 0) found.push(mixed(strange.join()));
    const hashes = book.hashesOf(STATION, 'issued');
    if (story.done.includes('offer') && hashes.length !== 3) found.push(lost('the offered one'));
    if (hashes[0] !== 'issued') found.push(raised(`opens with ${hashes.join()}`));
    return Promise.resolve(found);
  },
};

export const tagKey: Exercise = {
  async write(place, step) {
    for (const n of [1, 2]) await step(String(n), () => tagDigest(place.state)('tag'));
  },
  check(place, story) {
    const found: Finding[] = [];
    const file = path.join(place.state, 'tag.key');
    // Opening makes a new one, and with it every stored digest worthless.
    const size = existsSync(file) ? statSync(file).size : 0;
    if (size !== 32 && story.done.length > 0) found.push(lost(`a key of ${size} bytes`));
    const digest = tagDigest(place.state)('tag');
    const said = story.answers.get(story.done.at(-1) ?? '');
    if (said !== undefined && said !== digest) found.push(lost('the key of the stored digests'));
    return Promise.resolve(found);
  },
};

const RECORDS_MANY = 4;

export const ocppRecords: Exercise = {
  async write(place, step) {
    const store = recordsIn(place);
    // The process ends and is started again until the disk lets it begin.
    if (store === undefined) return;
    const append = (name: string): Promise<void> =>
      step(name, () => {
        let durable = false;
        store.append(name, () => (durable = true));
        must(durable, 'not durable');
      });
    for (let n = 1; n <= RECORDS_MANY; n += 1) await append(`a${n}`);
    await step('rewrite b', () => store.rewrite(['b1', 'b2']));
    await append('c1');
    await step('rewrite d', () => store.rewrite(['d1', 'c1']));
    await append('e1');
    await append('e2');
  },
  check(place, story) {
    const root = path.join(place.state, 'ocpp-records');
    const { recovered } = openRecords(root);
    return Promise.resolve(recordsOf(story.begun, story.done, recovered));
  },
};

function recordsIn(place: Place): RecordStore | undefined {
  try {
    return openRecords(path.join(place.state, 'ocpp-records')).store;
  } catch {
    return undefined;
  }
}

/** Whether the records are those after some acknowledged-or-begun order of the steps. */
function recordsOf(
  begun: readonly string[],
  done: readonly string[],
  recovered: readonly string[],
): Finding[] {
  // Every step that was not acknowledged may have happened or not.
  let states = new Map<string, readonly string[]>([['', []]]);
  for (const name of begun) {
    const next = new Map<string, readonly string[]>();
    for (const list of states.values()) {
      const after = applied(name, list);
      next.set(after.join(), after);
      if (!done.includes(name)) next.set(list.join(), list);
    }
    states = next;
  }
  const found = recovered.join();
  if (states.has(found)) return [];
  const known = new Set([...begun, 'b1', 'b2', 'd1']);
  const text = `found ${found} after ${done.join()}`;
  return [recovered.every((one) => known.has(one)) ? lost(text) : mixed(text)];
}

function applied(name: string, list: readonly string[]): readonly string[] {
  if (name === 'rewrite b') return ['b1', 'b2'];
  if (name === 'rewrite d') return ['d1', 'c1'];
  return [...list, name];
}

const DEMO = path.join(process.env['HOLDFAST_ROOT'] ?? '.', 'firmware', 'sites', 'demo.yaml');

export const denyList: Exercise = {
  prepare: (place) => void createKeyFile(path.join(place.fixed, 'cpo.key')),
  async write(place, step) {
    for (const n of [1, 2, 3]) {
      // What a person puts there is not the gateway's: it is whole, or the next look refuses it.
      putList(place, n);
      await step(String(n), () => {
        const said: string[] = [];
        const { sequence } = watch(place, said);
        must(said.length === 0 && sequence === n, said.join());
      });
    }
  },
  check(place, story) {
    // Whoever puts the next list may damage it: then the last good one must come back.
    rmSync(inPlace(place), { force: true });
    const { sequence, denied } = watch(place, []);
    const found = replaced(story, '0', String(sequence));
    if (denied !== sequence) found.push(mixed(`list ${sequence} denies ${denied}`));
    const least = Number(story.done.at(-1) ?? 0);
    if (sequence < least) found.push(raised(`certificates of list ${least} are taken again`));
    return Promise.resolve(found);
  },
};

const inPlace = (place: Place): string => path.join(place.state, 'deny-list.json');

function watch(place: Place, said: string[]) {
  const { site } = loadSite(DEMO);
  if (site === undefined) throw new Error('no demo site');
  const config = {
    siteFile: DEMO,
    trust: [path.join(place.fixed, 'cpo.key.pub')],
    state: place.state,
    bootId: '',
    start: 'return',
    line: '',
    secrets: '',
  } as const;
  const events = { unusable: (text: string) => said.push(text), read: () => undefined };
  const { list } = watchDenyList(site, config, events);
  return { sequence: list.sequence, denied: list.denied.size };
}

/** A signed list with `n` certificates, put there as `scp` would; its own trouble is no step. */
function putList(place: Place, n: number): void {
  const key = loadPrivateKey(path.join(place.fixed, 'cpo.key'));
  const { site } = loadSite(DEMO);
  const print = (i: number): string => Array.from({ length: 32 }, () => `A${i}`).join(':');
  const fingerprints = Array.from({ length: n }, (_, i) => print(i));
  const content = { version: 1, site: site?.id ?? '', sequence: n, fingerprints };
  const bytes = Buffer.from(JSON.stringify(content));
  const signature = signDetached(bytes, 'deny-list', content.site, key);
  try {
    writeFileSync(`${inPlace(place)}.sig`, JSON.stringify(signature));
    writeFileSync(inPlace(place), bytes);
  } catch {
    // A full disk takes no new list; the step finds the old one, or none.
  }
}
