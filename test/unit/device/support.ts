import assert from 'node:assert/strict';

import {
  encodeRaw,
  encodeText,
  parseProfile,
  profileById,
  type DeviceProfile,
  type RegisterBlock,
  type RegisterProfile,
} from '../../../src/device';
import { instant } from '../../../src/time';

export const AT = instant(1000);

/** The parsed profile of this id; the test fails where it is refused. */
export function parsed(id: string, change: Partial<RegisterProfile> = {}): DeviceProfile {
  const data = profileById(id);
  assert(data !== undefined, `there is a profile ${id}`);
  const result = parseProfile({ ...data, ...change });
  assert(result.ok, JSON.stringify(result.ok ? '' : result.problems));
  return result.profile;
}

/** Raw values by point name, laid out as the profile's own reads would return them. */
export function registersOf(
  profile: DeviceProfile,
  raw: Readonly<Record<string, number | string>>,
  factors: Readonly<Record<string, number>> = {},
): RegisterBlock[] {
  const blocks = profile.reads.map(({ request }) => ({
    ...request,
    values: new Array<number>(request.count).fill(0),
  }));
  const put = (table: string, address: number, words: readonly number[]): void => {
    for (const block of blocks)
      for (const [i, word] of words.entries()) {
        const at = address + i - block.address;
        if (block.table === table && at >= 0 && at < block.count) block.values[at] = word;
      }
  };
  for (const [name, value] of Object.entries(raw)) {
    const point = profile.points.get(name);
    assert(point !== undefined, `${profile.id} has ${name}`);
    if (typeof value === 'string') put(point.table, point.address, encodeText(value, point.words));
    else if (point.type !== 'string')
      put(point.table, point.address, encodeRaw(point.type, value, point.wordOrder));
  }
  for (const [name, exponent] of Object.entries(factors)) {
    const point = profile.points.get(name);
    assert(point?.scaleFactor !== undefined, `${name} has a scale factor`);
    put(point.table, point.scaleFactor, [exponent & 0xffff]);
  }
  const base = profile.data.sunspec?.base;
  if (base !== undefined) put('holding', base, [0x5375, 0x6e53]);
  for (const { model, address, length } of profile.models) put('holding', address, [model, length]);
  return blocks.map(({ table, address, values }) => ({ table, address, values }));
}
