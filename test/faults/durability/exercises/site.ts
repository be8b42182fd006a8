/** Files of the process `site`: drill results, notes of stops, used service documents. */
import path from 'node:path';
import { openDrillBook } from '../../../../firmware/processes/drillBook';
import { ModeDoor } from '../../../../firmware/processes/modeDoor';
import { ServiceDoor } from '../../../../firmware/processes/serviceDoor';
import { noted, StopNote } from '../../../../firmware/processes/stopNote';
import { systemClock } from '../../../../src/io/clock';
import {
  createKeyFile,
  loadOrCreateKey,
  loadPrivateKey,
  signDetached,
} from '../../../../src/io/keys';
import type { DrillBook } from '../../../../src/runtime';
import { type Exercise, must, type Place, raised, replaced, unusable } from '../exercise';

const SITE = 'durability';
const WALL_ms = Date.parse('2026-11-22T12:00:00Z');

const keyIn = (place: Place) => loadOrCreateKey(path.join(place.fixed, 'device.key'));

function bookWith(n: number): DrillBook {
  const at = { kind: 'line', subject: `drill-${n}`, at_ms: WALL_ms + n } as const;
  const results = n === 0 ? [] : [{ ...at, phase: 'passed' as const, bound_s: 4, text: '' }];
  return { commissioned_ms: WALL_ms, results };
}

/** The product's book on the file; what could not be kept is thrown by `kept`. */
function book(place: Place) {
  const said: string[] = [];
  const file = path.join(place.state, 'drills.json');
  const parts = { file, site: SITE, key: keyIn(place), wall_ms: WALL_ms };
  return { ...openDrillBook({ ...parts, say: (text) => said.push(text) }), said };
}

export const drillBook: Exercise = {
  prepare: (place) => void keyIn(place),
  async write(place, step) {
    let open = book(place);
    await step('0', () => {
      if (open.said.some((text) => text.includes('not kept'))) open = book(place);
      must(!open.said.some((text) => text.includes('not kept')), open.said.join());
    });
    for (const n of [1, 2, 3]) {
      await step(String(n), async () => {
        const before = open.said.length;
        open.save(bookWith(n));
        await open.settled();
        must(open.said.length === before, open.said.slice(before).join());
      });
    }
  },
  check(place, story) {
    const { results } = book(place).load();
    const last = /^drill-(\d)$/.exec(results.at(-1)?.subject ?? '')?.[1];
    const found = results.length === 0 ? '0' : last;
    const again = book(place);
    const open = again.said.length === 0 ? [] : [unusable(`second start: ${again.said.join()}`)];
    return Promise.resolve([...replaced(story, '0', found), ...open]);
  },
};

export const stopNote: Exercise = {
  async write(place, step) {
    const note = new StopNote(path.join(place.state, 'stop-unacknowledged'));
    for (const [name, stopped] of [
      ['stop 1', true],
      ['go 1', false],
      ['stop 2', true],
    ] as const) {
      await step(name, async () => {
        await note.follow(stopped);
        must(note.standing() === stopped, 'the disk refused');
      });
    }
  },
  check(place, story, power) {
    const standing = noted(path.join(place.state, 'stop-unacknowledged'));
    return Promise.resolve(noteOf(story, standing, 'stop', power));
  },
};

/** A note that must lie there from the acknowledged `SET n` until the next other step began. */
function noteOf(
  story: Parameters<Exercise['check']>[1],
  standing: boolean,
  set: string,
  power: boolean,
) {
  const last = story.done.at(-1);
  const next = last === undefined ? story.begun : story.begun.slice(story.begun.indexOf(last) + 1);
  const lifts = next.some((name) => !name.startsWith(set));
  const sets = next.some((name) => name.startsWith(set));
  const was = last?.startsWith(set) ?? false;
  if (was && !standing && !lifts) return [raised(`the note of ${last ?? ''} is gone`)];
  // A removal that a power cut undoes brings the careful state back.
  if (!was && standing && !sets && !power) return [unusable('a note that was lifted is back')];
  return [];
}

export const forcedStatic: Exercise = {
  async write(place, step) {
    const { door } = doorOn(place);
    for (const [name, wish] of [
      ['force 1', 'force-static'],
      ['leave 1', 'leave-static'],
      ['force 2', 'force-static'],
    ] as const) {
      await step(name, async () => {
        const { ok, text } = await door.ask(wish, 'durability');
        must(ok && !text.includes('forget'), text);
      });
    }
  },
  check(place, story, power) {
    const { door, asked } = doorOn(place);
    door.restore();
    return Promise.resolve(noteOf(story, asked.includes('force-static'), 'force', power));
  },
};

function doorOn(place: Place): { readonly door: ModeDoor; readonly asked: readonly string[] } {
  const asked: string[] = [];
  const persons = {
    ask: (wish: string) => {
      asked.push(wish);
      return true;
    },
    release: () => 'not-latched' as const,
  };
  const forcedFile = path.join(place.state, 'forced-static');
  return { door: new ModeDoor({ runtime: { persons }, forcedFile, clock: systemClock }), asked };
}

export const serviceSequences: Exercise = {
  prepare: (place) => void createKeyFile(path.join(place.fixed, 'cpo.key')),
  async write(place, step) {
    const door = serviceDoor(place);
    for (const n of [1, 2, 3]) {
      await step(String(n), async () => {
        const { ok, text } = await door.open(wishOf(place, n));
        must(ok, text);
      });
    }
  },
  async check(place, story) {
    const found = [];
    for (const n of story.done) {
      const { ok } = await serviceDoor(place).open(wishOf(place, Number(n)));
      if (ok) found.push(raised(`document ${n} opened a second session`));
    }
    const fresh = serviceDoor(place);
    if (fresh.current() !== undefined) found.push(raised('a session survived the restart'));
    // The check runs twice on the same files: its own document is newer each time.
    const { ok, text } = await fresh.open(wishOf(place, Date.now()));
    if (!ok) found.push(unusable(text));
    return found;
  },
};

function serviceDoor(place: Place): ServiceDoor {
  const { publicKey } = loadPrivateKey(path.join(place.fixed, 'cpo.key'));
  return new ServiceDoor({
    site: SITE,
    keys: [publicKey],
    file: path.join(place.state, 'service-sequences.json'),
    clock: systemClock,
    audit: { append: () => undefined },
    openService: () => undefined,
  });
}

function wishOf(place: Place, sequence: number) {
  const bytes = Buffer.from(
    JSON.stringify({
      site: SITE,
      who: 'technician',
      role: 'field-tech',
      actions: ['bus-write'],
      hours: 1,
      reason: 'durability',
      sequence,
      notAfter: new Date(systemClock.wall_ms() + 3_600_000).toISOString(),
    }),
  );
  const key = loadPrivateKey(path.join(place.fixed, 'cpo.key'));
  const signature = JSON.stringify(signDetached(bytes, 'service-grant', SITE, key));
  return { documentBase64: bytes.toString('base64'), signature };
}
