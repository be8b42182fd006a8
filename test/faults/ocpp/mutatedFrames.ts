import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { CaseFinding } from '../../../scripts/campaign';
import { createOcppGuard, STRICT_POLICY } from '../../../src/guard/ocpp';
import { schemaCheck } from '../../../src/io/ocppRpc';
import { createStationFleet, parseFrame } from '../../../src/ocpp';
import type { OcppProtocol, SchemaCheck, StationPort, UpstreamEvents } from '../../../src/ocpp';
import { seededRandom } from '../../../src/sim/stations/random';
import { instant, later } from '../../../src/time';
import type { Instant } from '../../../src/time';
import { isObject } from '../../unit/ocpp/bench';
import { mutated, mutatedText, mutatedWithin, valueFor } from './schemaValues';
import type { Random } from './schemaValues';
import { stationOf } from './stationOf';

const WALL_OFFSET = Date.UTC(2026, 5, 1);

interface ActionSchema {
  readonly action: string;
  readonly kind: 'req' | 'conf';
  readonly schema: unknown;
}

/** All requests and answers of a version, from the schemas that ocpp-rpc ships. */
function schemasOf(protocol: OcppProtocol): readonly ActionSchema[] {
  const file = protocol === 'ocpp1.6' ? 'ocpp1_6' : 'ocpp2_0_1';
  const where = require.resolve(`ocpp-rpc/lib/schemas/${file}.json`);
  const list: unknown = JSON.parse(readFileSync(where, 'utf8'));
  if (!Array.isArray(list)) throw new Error('no schemas');
  return list.flatMap((schema: unknown) => {
    const id = isObject(schema) ? schema['$id'] : undefined;
    const parts = typeof id === 'string' ? /^urn:(\w+)\.(req|conf)$/.exec(id) : null;
    const action = parts?.[1];
    if (action === undefined) return [];
    return [{ action, kind: parts?.[2] === 'req' ? ('req' as const) : ('conf' as const), schema }];
  });
}

/** A controller with one station and one CPMS, both of them hostile. */
class Target {
  readonly lastIds = { station: 'none', cpms: 'none' };
  now: Instant = instant(1_000);
  private port: StationPort | undefined;
  private upstream: UpstreamEvents | undefined;
  private cycle = 0;
  private readonly protocol: OcppProtocol;
  private readonly records: string[] = [];
  private readonly fleet: ReturnType<typeof createStationFleet>;

  constructor(protocol: OcppProtocol, schema: SchemaCheck) {
    this.protocol = protocol;
    const wall_ms = (now: number): number => now + WALL_OFFSET;
    const guard = createOcppGuard(STRICT_POLICY, wall_ms);
    this.fleet = createStationFleet(
      {
        stations: [stationOf('CP1')],
        idPrefix: 'hf-',
        wall_ms,
        authorise: () => 'Accepted',
        guard: guard.own,
        relay: {
          connect: (_station, _protocol, events) => {
            this.upstream = events;
            return {
              send: (text) => (this.lastIds.cpms = idOf(text)),
              close: () => (this.upstream = undefined),
            };
          },
          store: {
            append: (record, durable) => {
              this.records.push(record);
              durable();
            },
            rewrite: (records) => this.records.splice(0, this.records.length, ...records),
          },
          recovered: [],
          fromCpms: guard.fromCpms,
          fromStation: guard.fromStation,
          schema,
          provisionalIds: true,
        },
      },
      this.now,
    );
  }

  send(leg: 'station' | 'cpms', text: string): void {
    if (leg === 'station') this.port?.receiveText(text, this.now);
    else this.upstream?.received(text, this.now);
  }

  /** Time goes on; lost sockets come back. */
  step(random: Random): void {
    this.now = later(this.now, 1_000);
    this.cycle += 1;
    const leases = [
      { station: 'CP1', limit_A: stationOf('CP1').max_A, action: 'grant', ttl_ms: 30_000 } as const,
    ];
    this.fleet.apply({ bootId: 'b', cycle: this.cycle, decided_at: this.now, leases }, this.now);
    this.fleet.tick(this.now);
    this.fleet.images(this.now);
    if (this.port === undefined || random() < 0.01) this.connect();
    if (random() < 0.02) this.upstream?.closed(this.now);
    else if (random() < 0.5) this.upstream?.opened(this.now);
  }

  private connect(): void {
    const link = {
      send: (frame: { type: string; id: string }) => {
        if (frame.type === 'call') this.lastIds.station = frame.id;
      },
      close: () => {
        const { port } = this;
        this.port = undefined;
        port?.closed(this.now);
      },
    };
    const outcome = this.fleet.connect('CP1', link, this.protocol, this.now);
    if (outcome.accepted) this.port = outcome.port;
  }
}

const idOf = (text: string): string => /^\[\d, *"([^"]*)"/.exec(text)?.[1] ?? 'none';

interface Tally {
  sent: number;
  /** Of those that are not just as the schema gave them. */
  mutated: number;
  schemaPassed: number;
  readonly actions: Set<string>;
  crashes: number;
  first?: string;
}

/**
 * Sends `count` frames per leg: a tenth as the schema gives them, half mutated within the schema, the
 * rest with a member or a character that breaks it.
 */
function attack(
  protocol: OcppProtocol,
  leg: 'station' | 'cpms',
  check: SchemaCheck,
  count: number,
  seed: number,
): Tally {
  const random = seededRandom(seed);
  const target = new Target(protocol, check);
  const schemas = schemasOf(protocol);
  const tally: Tally = { sent: 0, mutated: 0, schemaPassed: 0, crashes: 0, actions: new Set() };
  for (let i = 0; i < count; i += 1) {
    const one = schemas[i % schemas.length];
    if (one === undefined) break;
    const valid = valueFor(one.schema, one.schema, random);
    const choice = random();
    const payload = payloadFor(one, valid, choice, random);
    const id = one.kind === 'req' ? `m${i}` : target.lastIds[leg];
    const frame = one.kind === 'req' ? [2, id, one.action, payload] : [3, id, payload];
    const text = JSON.stringify(frame);
    const sent = choice < 0.8 ? text : mutatedText(text, random);
    tally.actions.add(`${one.action}.${one.kind}`);
    if (choice >= 0.1) {
      tally.mutated += 1;
      if (passesSchema(check, protocol, one, sent)) tally.schemaPassed += 1;
    }
    try {
      target.send(leg, sent);
      if (i % 20 === 0) target.step(random);
    } catch (error) {
      tally.crashes += 1;
      tally.first ??= `${String(error)} on ${sent.slice(0, 200)}`;
    }
    tally.sent += 1;
  }
  return tally;
}

function payloadFor(one: ActionSchema, valid: unknown, choice: number, random: Random): unknown {
  if (choice < 0.1) return valid;
  return choice < 0.6
    ? mutatedWithin(one.schema, one.schema, valid, random)
    : mutated(valid, random);
}

function passesSchema(
  check: SchemaCheck,
  protocol: OcppProtocol,
  one: ActionSchema,
  text: string,
): boolean {
  const parsed = parseFrame(text, 1e6);
  if (!parsed.ok || parsed.frame.type === 'error') return false;
  return check(protocol, one.action, one.kind, parsed.frame.payload);
}

/** Both legs of both versions. Memory is measured after the garbage is collected. */
export async function mutatedFrames(
  perLeg: number,
  seed: number,
  progress: (t: string) => void,
): Promise<CaseFinding> {
  const check = await schemaCheck(['ocpp1.6', 'ocpp2.0.1']);
  const total: Tally = { sent: 0, mutated: 0, schemaPassed: 0, crashes: 0, actions: new Set() };
  let missing = 0;
  let least = 1;
  const before = heap();
  for (const protocol of ['ocpp1.6', 'ocpp2.0.1'] as const) {
    for (const leg of ['station', 'cpms'] as const) {
      progress(`${protocol} ${leg}`);
      const tally = attack(protocol, leg, check, Math.ceil(perLeg / 2), seed);
      total.sent += tally.sent;
      total.mutated += tally.mutated;
      total.schemaPassed += tally.schemaPassed;
      missing += schemasOf(protocol).length - tally.actions.size;
      total.crashes += tally.crashes;
      least = Math.min(least, tally.schemaPassed / tally.mutated);
      if (tally.first !== undefined) total.first ??= tally.first;
    }
  }
  return {
    measured: {
      frames: total.sent,
      crashes: total.crashes,
      mutated: total.mutated,
      mutated_passing_schema_fraction: least,
      actions_missing: missing,
      heap_growth_MiB: (heap() - before) / 1024 / 1024,
    },
    bars: [
      { name: 'crashes', op: '==', value: 0 },
      { name: 'mutated_passing_schema_fraction', op: '>=', value: 0.3 },
      { name: 'actions_missing', op: '==', value: 0 },
      { name: 'heap_growth_MiB', op: '<=', value: 64 },
    ],
    ...(total.first !== undefined && { failure: total.first }),
  };
}

/** Used heap after a full collection. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') Reflect.apply(collect, undefined, []);
  return process.memoryUsage().heapUsed;
}
