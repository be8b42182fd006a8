import assert from 'node:assert/strict';

import {
  parseProfile,
  profileById,
  readPlan,
  type DeviceProfile,
  type EncodedSetpoint,
  type ReadBackVerdict,
  type RegisterBlock,
  type RegisterProfile,
} from '../../../src/device';
import type { SimDevice } from '../../../src/sim/devices';
import { instant, later, type Instant } from '../../../src/time';

export function parsed(id: string, change: Partial<RegisterProfile> = {}): DeviceProfile {
  const data = profileById(id);
  assert(data !== undefined);
  const result = parseProfile({ ...data, ...change });
  assert(result.ok, JSON.stringify(result.ok ? '' : result.problems));
  return result.profile;
}

/** A fixed sequence in [0, 1): the tests need no good randomness, only the same each time. */
function sequence(): () => number {
  let state = 1;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

export class Bench {
  at: Instant = instant(0);
  readonly now = (): Instant => this.at;
  readonly random = sequence();

  with<T extends object>(more: T): T & { now: () => Instant; random: () => number } {
    return { now: this.now, random: this.random, ...more };
  }

  run(device: SimDevice, seconds: number): void {
    for (let i = 0; i < seconds * 10; i += 1) {
      this.at = later(this.at, 100);
      device.step(this.at, 100);
    }
  }
}

export function readAll(profile: DeviceProfile, device: SimDevice): RegisterBlock[] {
  return readPlan(profile).map(({ request }) => {
    const { table, address, count } = request;
    const values = device.access.readRegisters(table, address, count);
    assert(!('exception' in values), `${table} ${address}/${count}`);
    return { table, address, values };
  });
}

export type Encoded = EncodedSetpoint & { ok: true };

export function apply(device: SimDevice, encoded: EncodedSetpoint): asserts encoded is Encoded {
  assert(encoded.ok, encoded.ok ? '' : encoded.why);
  for (const { address, values } of encoded.writes)
    assert.equal(device.access.writeRegisters(address, values), undefined);
}

export function proof(device: SimDevice, encoded: Encoded): ReadBackVerdict {
  let verdict: ReadBackVerdict = { ok: false, why: 'nothing was read back' };
  for (const { read, expect } of encoded.readBack) {
    const values = device.access.readRegisters(read.table, read.address, read.count);
    assert(!('exception' in values), `${read.address}+${read.count}`);
    verdict = expect(values);
    if (!verdict.ok) return verdict;
  }
  return verdict;
}

export const bessWish = (value_W: number, ttl_ms: number) =>
  ({ quantity: 'bess-power', value_W, ttl_ms }) as const;
export const pvWish = (value_W: number, ttl_ms: number) =>
  ({ quantity: 'pv-limit', value_W, ttl_ms }) as const;
