import { strict as assert } from 'node:assert';
import type { Bus, BusRequest } from '../../../src/modbus';
import { ExpiryCheck, expiryValues } from '../../../src/runtime';
import { type Instant, instant, later } from '../../../src/time';
import { parsed } from '../device/support';

const BESS = parsed('sunspec-bess-704');
const HOUR = 3_600_000;

/** A bus that answers each read from `registers` at once. */
function rig(registers: (address: number) => number | undefined): {
  check: ExpiryCheck;
  reads: () => number;
  at: (ms: number, ready?: boolean) => string | undefined;
} {
  let reads = 0;
  const begin = instant(1_000_000);
  const bus = {
    submit(request: BusRequest): void {
      reads += 1;
      const { request: r } = request;
      assert.equal(r.kind, 'read');
      const word = registers(r.address);
      const at: Instant = begin;
      request.onDone(
        word === undefined
          ? { ok: false, reason: 'timeout', text: 'no answer', sent: true }
          : {
              ok: true,
              registers: Array.from({ length: r.count }, (_, i) => (i === r.count - 1 ? word : 0)),
              frame: new Uint8Array(),
              received_at: at,
              roundTrip_ms: 5,
              sent_at: at,
            },
        at,
      );
    },
  } as unknown as Bus;
  const check = new ExpiryCheck('bess', BESS, bus);
  return {
    check,
    reads: () => reads,
    at: (ms, ready = true) => {
      check.follow(ready, later(begin, ms));
      return check.why();
    },
  };
}

describe('expiry values on BESS and PV', () => {
  const names = new Map(expiryValues(BESS).map((e) => [e.point.address, e.name]));

  it('knows what is written for the end of the lease', () => {
    assert.deepEqual(
      expiryValues(BESS).map((e) => [e.name, e.value]),
      [
        ['set_revert_W', 0],
        ['set_revert_enable', 1],
      ],
    );
  });

  it('reads them after the first acknowledged setpoint, hourly, and after each reconnect', () => {
    const r = rig((a) => (names.get(a) === 'set_revert_enable' ? 1 : 0));
    assert.equal(r.at(0, false), undefined);
    assert.equal(r.reads(), 0, 'nothing of ours is in the registers yet');
    r.at(1000);
    assert.equal(r.reads(), 2);
    r.at(HOUR);
    assert.equal(r.reads(), 2);
    r.at(HOUR + 1000);
    assert.equal(r.reads(), 4);
    r.at(HOUR + 2000, false);
    r.at(HOUR + 9000);
    assert.equal(r.reads(), 6, 'after a reconnect');
    assert.equal(r.at(HOUR + 9000), undefined);
  });

  it('says which register differs until it no longer does', () => {
    let revert = 5000;
    const r = rig((a) => (names.get(a) === 'set_revert_enable' ? 1 : revert));
    assert.match(r.at(0) ?? '', /set_revert_W holds 5000, not 0/);
    revert = 0;
    assert.equal(r.at(HOUR), undefined);
  });

  it('a read that fails proves nothing and is tried again a minute later', () => {
    const r = rig(() => undefined);
    assert.equal(r.at(0), undefined);
    assert.equal(r.reads(), 2);
    r.at(59_000);
    assert.equal(r.reads(), 2);
    r.at(61_000);
    assert.equal(r.reads(), 4);
  });
});
