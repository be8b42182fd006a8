import assert from 'node:assert/strict';

import {
  checkIdentity,
  nextDiscovery,
  parseProfile,
  profileById,
  startDiscovery,
  type Discovery,
  type DiscoveryReply,
} from '../../../src/device';
import { parsed, registersOf } from './support';

/** Registers at a base; `undefined` words answer with an exception. */
function deviceWith(
  base: number,
  words: readonly number[],
): (at: number, n: number) => DiscoveryReply {
  return (address, count) => {
    const from = address - base;
    if (from < 0 || from + count > words.length) return { ok: false, why: 'exception 2' };
    return { ok: true, registers: words.slice(from, from + count) };
  };
}

function chain(models: readonly (readonly [number, number])[], end: readonly number[]): number[] {
  const words = [0x5375, 0x6e53];
  for (const [model, length] of models)
    words.push(model, length, ...new Array<number>(length).fill(0));
  return [...words, ...end];
}

function discover(ask: (at: number, n: number) => DiscoveryReply): {
  end: Discovery;
  reads: string[];
} {
  const reads: string[] = [];
  let state = startDiscovery();
  while ('read' in state) {
    const { address, count } = state.read;
    reads.push(`${address}/${count}`);
    state = nextDiscovery(state, ask(address, count));
    assert(reads.length < 500, 'discovery ends');
  }
  return { end: state, reads };
}

describe('SunSpec discovery', () => {
  for (const base of [40000, 0, 50000])
    it(`finds a map at ${base}`, () => {
      const { end } = discover(
        deviceWith(
          base,
          chain(
            [
              [1, 66],
              [103, 50],
            ],
            [0xffff, 0],
          ),
        ),
      );
      assert(end.state === 'found');
      assert.deepEqual(end.layout, {
        base,
        models: [
          { model: 1, address: base + 2, length: 66 },
          { model: 103, address: base + 70, length: 50 },
        ],
        ended: true,
      });
    });

  it('asks the bases in the order 40000, 0, 50000 and then gives up', () => {
    const { end, reads } = discover(() => ({ ok: false, why: 'timeout' }));
    assert.equal(end.state, 'failed');
    assert.deepEqual(reads, ['40000/2', '0/2', '50000/2']);
  });

  it('reads L by itself, so an end model without L still ends the chain', () => {
    const { end, reads } = discover(deviceWith(40000, chain([[1, 66]], [0xffff])));
    assert(end.state === 'found');
    assert.equal(end.layout.ended, true);
    assert.deepEqual(reads.slice(1), ['40002/1', '40003/1', '40070/1']);
  });

  it('a missing end model ends the chain with what was found', () => {
    const { end } = discover(
      deviceWith(
        40000,
        chain(
          [
            [1, 65],
            [103, 50],
          ],
          [],
        ),
      ),
    );
    assert(end.state === 'found');
    assert.equal(end.layout.ended, false);
    assert.equal(end.layout.models.length, 2);
  });

  it('a model 1 of 65 registers shifts the models behind it', () => {
    const { end } = discover(
      deviceWith(
        40000,
        chain(
          [
            [1, 65],
            [103, 50],
          ],
          [0xffff, 0],
        ),
      ),
    );
    assert(end.state === 'found');
    assert.equal(end.layout.models[1]?.address, 40069);
  });

  it('a chain without end is refused after 64 models', () => {
    const { end } = discover((address, count) => ({
      ok: true,
      registers: address === 40000 ? [0x5375, 0x6e53] : new Array<number>(count).fill(1),
    }));
    assert.equal(end.state, 'failed');
  });

  it('a length that leaves the register space is refused', () => {
    const { end } = discover(deviceWith(40000, [0x5375, 0x6e53, 1, 0xfff0]));
    assert.equal(end.state, 'failed');
  });

  it('a profile is placed on the discovered models', () => {
    const data = profileById('sunspec-meter-203');
    assert(data !== undefined);
    const models = [
      { model: 1, address: 50002, length: 65 },
      { model: 203, address: 50069, length: 105 },
    ];
    const result = parseProfile(
      { ...data, sunspec: { base: 50000, chain: data.sunspec?.chain ?? [] } },
      { models },
    );
    assert(result.ok);
    assert.equal(result.profile.points.get('W_total')?.address, 50069 + 18);
  });

  it('a device without a model of the profile is refused', () => {
    const data = profileById('sunspec-meter-203');
    assert(data !== undefined);
    const result = parseProfile(data, { models: [{ model: 1, address: 40002, length: 66 }] });
    assert(!result.ok);
    assert.match(result.problems[0]?.why ?? '', /no model 203/);
  });
});

describe('identity of a device', () => {
  const PV = parsed('sunspec-pv-123');
  const raw = { maker: 'Acme', model: 'Sun 30', serial: '42', max_W: 3000, rated_W: 3000 };
  const factors = { limit: -2, max_W: 1, rated_W: 1 };

  it('is proved by headers, texts, ratings and declared scale factors', () => {
    const verdict = checkIdentity(PV, registersOf(PV, raw, factors));
    assert.deepEqual(verdict, {
      ok: true,
      identity: { maker: 'Acme', model: 'Sun 30', serial: '42' },
    });
  });

  it('another rating is refused with both numbers', () => {
    const verdict = checkIdentity(PV, registersOf(PV, { ...raw, max_W: 5000 }, factors));
    assert(!verdict.ok);
    assert.match(verdict.why.join(), /50000.*30000/);
  });

  it('another scale factor than the declared one is refused', () => {
    const verdict = checkIdentity(PV, registersOf(PV, raw, { ...factors, limit: 0 }));
    assert(!verdict.ok);
    assert.match(verdict.why.join(), /limit: scale factor is 0, declared -2/);
  });

  it('another model at the place of ours is refused', () => {
    const shifted = registersOf(PV, raw, factors).map((block) =>
      block.address === 40070 ? { ...block, values: [101, 50] } : block,
    );
    const verdict = checkIdentity(PV, shifted);
    assert(!verdict.ok);
    assert.match(verdict.why.join(), /model 101 \(50\) at 40070/);
  });

  it('a device that was not read is not identified', () => {
    assert.equal(checkIdentity(PV, []).ok, false);
  });
});
