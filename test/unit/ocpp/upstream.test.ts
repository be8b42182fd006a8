import assert from 'node:assert/strict';
import { schemaCheck } from '../../../src/io/ocppRpc';
import { createStationFleet } from '../../../src/ocpp';
import type {
  FleetEvent,
  JsonObject,
  OcppProtocol,
  StationFleet,
  UpstreamEvents,
} from '../../../src/ocpp';
import { later } from '../../../src/time';
import type { Instant } from '../../../src/time';
import { CAR } from '../sim-stations/site';
import { RelaySite } from '../sim-stations/relaySite';
import { isObject, START, WALL_OFFSET } from './bench';

describe('limits told upwards (2.0.1, K12 and K13)', () => {
  const payloads = (site: RelaySite, action: string): readonly JsonObject[] =>
    site.calls(action).map((one) => (isObject(one['payload']) ? one['payload'] : {}));

  it('the CPMS hears when the controller holds a station lower than it does itself', async () => {
    const check = await schemaCheck(['ocpp2.0.1']);
    const site = new RelaySite({ sim: { protocol: 'ocpp2.0.1' } });
    site.station.plug(CAR, site.time.now());
    site.lease_A = 20;
    site.time.run(90_000);
    const told = payloads(site, 'NotifyChargingLimit');
    assert.ok(told.length >= 1 && told.length <= 3, `${told.length} notices`);
    for (const payload of told) {
      assert.equal(check('ocpp2.0.1', 'NotifyChargingLimit', 'req', payload), true);
      assert.match(JSON.stringify(payload), /"chargingLimitSource":"EMS"/);
    }
    assert.match(JSON.stringify(told.at(-1)), /"limit":20[,}]/);
  });

  it('and when it does so no longer', async () => {
    const check = await schemaCheck(['ocpp2.0.1']);
    const site = new RelaySite({ sim: { protocol: 'ocpp2.0.1' } });
    site.time.run(90_000);
    site.lease_A = 32;
    site.time.run(90_000);
    const cleared = payloads(site, 'ClearedChargingLimit');
    assert.equal(cleared.length, 1);
    assert.equal(check('ocpp2.0.1', 'ClearedChargingLimit', 'req', cleared[0] ?? {}), true);
  });

  it('at most once a minute, and not for small changes', () => {
    const site = new RelaySite({ sim: { protocol: 'ocpp2.0.1' } });
    site.renew = 2;
    for (let i = 0; i < 300; i += 1) {
      site.lease_A = i % 2 === 0 ? 10 : 30;
      site.time.run(1_000);
    }
    assert.ok(payloads(site, 'NotifyChargingLimit').length <= 6);
  });

  it('not in 1.6, which has no words for it', () => {
    const site = new RelaySite();
    site.lease_A = 20;
    site.time.run(120_000);
    assert.deepEqual(payloads(site, 'NotifyChargingLimit'), []);
  });

  it('GetCompositeSchedule is answered by the station itself and shows what is in force', () => {
    const site = new RelaySite();
    site.lease_A = 20;
    site.time.run(30_000);
    const answer = site.cpms('GetCompositeSchedule', { connectorId: 0, duration: 60 });
    assert.match(JSON.stringify(answer), /"startPeriod":0,"limit":20\}/);
    assert.match(JSON.stringify(answer), /"limit":8\}/, 'and the floor behind the lease');
  });
});

/** A fleet without stations whose controller has an identity of its own. */
class Own {
  readonly said: (readonly unknown[])[] = [];
  readonly events: FleetEvent[] = [];
  readonly fleet: StationFleet;
  now: Instant = START;
  private upstream: UpstreamEvents | undefined;
  paths: string[] = [];

  constructor(protocol: OcppProtocol) {
    const wall_ms = (now: Instant): number => now + WALL_OFFSET;
    this.fleet = createStationFleet(
      {
        stations: [],
        idPrefix: 'hf-',
        wall_ms,
        authorise: () => 'Accepted',
        onEvent: (event) => this.events.push(event),
        relay: {
          connect: (id, _protocol, events) => {
            this.paths.push(id);
            this.upstream = events;
            return {
              send: (text) => {
                const frame: unknown = JSON.parse(text);
                if (Array.isArray(frame)) this.said.push(frame);
              },
              close: () => undefined,
            };
          },
          store: { append: (_, durable) => durable(), rewrite: () => undefined },
          recovered: [],
          fromCpms: () => ({ allowed: true }),
          fromStation: () => ({ allowed: true }),
          controller: { id: 'SITE-7', protocol, firmware: '1' },
        },
      },
      START,
    );
    this.pass(1);
  }

  open(): void {
    this.upstream?.opened(this.now);
  }

  lose(): void {
    this.upstream?.closed(this.now);
  }

  cpms(frame: readonly unknown[]): void {
    this.upstream?.received(JSON.stringify(frame), this.now);
  }

  /** Answers the last call. */
  answer(payload: JsonObject): void {
    this.cpms([3, this.said.at(-1)?.[1], payload]);
  }

  pass(seconds: number): void {
    for (let i = 0; i < seconds; i += 1) {
      this.now = later(this.now, 1000);
      this.fleet.tick(this.now);
    }
  }

  actions(): readonly unknown[] {
    return this.said.map((frame) => (frame[0] === 2 ? frame[2] : frame[0]));
  }
}

describe('the controller’s own socket to the CPMS', () => {
  const ACCEPTED = { status: 'Accepted', currentTime: '2026-06-01T00:00:00Z', interval: 60 };

  it('boots, tells its status (1.6) and beats at the interval it was given', () => {
    const own = new Own('ocpp1.6');
    assert.deepEqual(own.paths, ['SITE-7']);
    own.open();
    own.answer(ACCEPTED);
    assert.equal(own.fleet.relayStats()?.controller, true);
    own.answer({});
    own.pass(59);
    assert.deepEqual(own.actions(), ['BootNotification', 'StatusNotification']);
    own.pass(2);
    assert.deepEqual(own.actions().slice(2), ['Heartbeat']);
  });

  for (const protocol of ['ocpp1.6', 'ocpp2.0.1'] as const) {
    it(`${protocol}: all it says passes the schema, also security events of the gate`, async () => {
      const check = await schemaCheck([protocol]);
      const own = new Own(protocol);
      own.open();
      own.answer(ACCEPTED);
      if (protocol === 'ocpp1.6') own.answer({});
      own.fleet.noteSecurity('identity-conflict', 'a second device as CP1', own.now);
      own.fleet.noteSecurity('connected', 'of no interest', own.now);
      own.pass(1);
      own.answer({});
      own.pass(120);
      const actions = own.actions();
      assert.ok(actions.includes('SecurityEventNotification') && actions.includes('Heartbeat'));
      for (const [, , action, payload] of own.said) {
        assert.ok(isObject(payload));
        assert.equal(check(protocol, String(action), 'req', payload), true, String(action));
      }
    });
  }

  it('obeys Pending and Rejected, and boots again after a loss', () => {
    const own = new Own('ocpp2.0.1');
    own.open();
    own.answer({ ...ACCEPTED, status: 'Pending', interval: 20 });
    own.pass(19);
    assert.deepEqual(own.actions(), ['BootNotification']);
    own.pass(2);
    own.answer(ACCEPTED);
    own.lose();
    assert.equal(own.fleet.relayStats()?.controller, false);
    own.pass(2);
    own.open();
    assert.deepEqual(own.actions(), ['BootNotification', 'BootNotification', 'BootNotification']);
  });

  it('is no station: calls to it are refused in OCPP and recorded, but for a repetition', () => {
    const own = new Own('ocpp1.6');
    own.open();
    own.answer(ACCEPTED);
    own.answer({});
    own.cpms([2, 'c1', 'Reset', { type: 'Hard' }]);
    assert.deepEqual(own.said.at(-1)?.slice(0, 3), [4, 'c1', 'NotSupported']);
    assert.ok(own.events.some((event) => event.code === 'denied'));
    own.cpms([2, 'c2', 'TriggerMessage', { requestedMessage: 'Heartbeat' }]);
    assert.deepEqual(own.said.at(-2), [3, 'c2', { status: 'Accepted' }]);
    assert.equal(own.said.at(-1)?.[2], 'Heartbeat');
    own.cpms([2, 'c3', 'x'.repeat(99), {}]);
    own.cpms([9, 'c4']);
    own.pass(1);
  });

  it('bounds the events that wait while the CPMS is away', () => {
    const own = new Own('ocpp1.6');
    for (let i = 0; i < 1_000; i += 1) own.fleet.noteSecurity('flood', `CP${i}`, own.now);
    own.open();
    own.answer(ACCEPTED);
    for (let i = 0; i < 100; i += 1) own.answer({});
    const told = own.actions().filter((action) => action === 'SecurityEventNotification');
    assert.equal(told.length, 32);
  });
});
