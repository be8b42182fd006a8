import type { PlacedModel, RegisterRead } from '../compiled';

/** Where a SunSpec map may begin, in the order in which devices should be asked. */
const SUNSPEC_BASES = [40000, 0, 50000] as const;
/** Longest chain that is followed; a device with more answers nonsense. */
const MODELS_MAX = 64;
const END = 0xffff;
/** "SunS" */
const MARK = [0x5375, 0x6e53] as const;

/** What a read gave: its words, or why there are none. */
export type DiscoveryReply =
  | { readonly ok: true; readonly registers: readonly number[] }
  | { readonly ok: false; readonly why: string };

/** A map that was found. `ended`: false when the device gave no end model but stopped answering. */
export interface SunspecLayout {
  readonly base: number;
  readonly models: readonly PlacedModel[];
  readonly ended: boolean;
}

/**
 * Asking states. `mark`: is "SunS" at this base; `id`: which model is at this address; `length`:
 * how long is it. Ends in `found` or `failed`.
 */
export type Discovery =
  | { readonly state: 'mark'; readonly tried: number; readonly read: RegisterRead }
  | {
      readonly state: 'id' | 'length';
      readonly base: number;
      readonly model: number;
      readonly models: readonly PlacedModel[];
      readonly read: RegisterRead;
    }
  | { readonly state: 'found'; readonly layout: SunspecLayout }
  | { readonly state: 'failed'; readonly why: string };

const read = (address: number, count: number): RegisterRead => ({
  kind: 'read',
  table: 'holding',
  address,
  count,
});

/** First state: ask for the mark at the first base. Pure. */
export const startDiscovery = (): Discovery => ({
  state: 'mark',
  tried: 0,
  read: read(SUNSPEC_BASES[0], 2),
});

function nextMark(tried: number, reply: DiscoveryReply): Discovery {
  const base = SUNSPEC_BASES[tried];
  const hit = reply.ok && reply.registers[0] === MARK[0] && reply.registers[1] === MARK[1];
  if (hit && base !== undefined)
    return { state: 'id', base, model: 0, models: [], read: read(base + 2, 1) };
  const next = SUNSPEC_BASES[tried + 1];
  if (next === undefined)
    return { state: 'failed', why: `no "SunS" at ${SUNSPEC_BASES.join(', ')}` };
  return { state: 'mark', tried: tried + 1, read: read(next, 2) };
}

function nextId(from: Discovery & { state: 'id' | 'length' }, reply: DiscoveryReply): Discovery {
  const { base, models } = from;
  const id = reply.ok ? reply.registers[0] : undefined;
  if (id === END) return { state: 'found', layout: { base, models, ended: true } };
  if (id === undefined || id === 0) {
    // Some devices answer an exception instead of the end model; what was found still counts.
    if (models.length > 0) return { state: 'found', layout: { base, models, ended: false } };
    return { state: 'failed', why: `no model at ${from.read.address}` };
  }
  if (models.length >= MODELS_MAX)
    return { state: 'failed', why: `more than ${MODELS_MAX} models: no SunSpec map` };
  // L is read by itself: some devices have no L after the end model's id.
  return { state: 'length', base, model: id, models, read: read(from.read.address + 1, 1) };
}

function nextLength(
  from: Discovery & { state: 'id' | 'length' },
  reply: DiscoveryReply,
): Discovery {
  const length = reply.ok ? reply.registers[0] : undefined;
  const address = from.read.address - 1;
  if (length === undefined)
    return { state: 'failed', why: `model ${from.model} at ${address} gives no length` };
  const next = address + 2 + length;
  if (length === 0 || next > 0xffff)
    return { state: 'failed', why: `model ${from.model} at ${address} has length ${length}` };
  const models = [...from.models, { model: from.model, address, length }];
  return { state: 'id', base: from.base, model: 0, models, read: read(next, 1) };
}

/**
 * The next state of a discovery for the answer to `read` of this one. A state without `read` is
 * final and is returned as it is. Pure.
 */
export function nextDiscovery(now: Discovery, reply: DiscoveryReply): Discovery {
  switch (now.state) {
    case 'mark':
      return nextMark(now.tried, reply);
    case 'id':
      return nextId({ ...now, state: 'id' }, reply);
    case 'length':
      return nextLength({ ...now, state: 'length' }, reply);
    case 'found':
    case 'failed':
      return now;
  }
}
