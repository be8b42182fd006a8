import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { CaseFinding } from '../../../scripts/campaign';
import { hashSecret } from '../../../src/io/ocppRpc';
import { UpgradeGate } from '../../../src/io/ocppRpc/gate';
import { seededRandom } from '../../../src/sim/stations/random';
import { instant } from '../../../src/time';
import { mutatedText } from './schemaValues';
import type { Random } from './schemaValues';

const SECRET = 'the-secret-of-the-station';

/** The end of a connection that takes what is written and closes as a socket does. */
class SinkSocket extends Duplex {
  override _read(): void {
    // Nothing ever comes from this peer after its request.
  }
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

interface Upgrade {
  readonly url: string;
  readonly protocol: string;
  readonly login: string;
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const RIGHT: Upgrade = {
  url: '/ocpp/CP1',
  protocol: 'ocpp1.6',
  login: basic('CP1', SECRET),
};

/** One of its parts changed, cut off or doubled. */
function mutatedUpgrade(random: Random): Upgrade {
  const choice = random();
  if (choice < 0.4) return { ...RIGHT, url: mutatedText(RIGHT.url, random) };
  if (choice < 0.6) return { ...RIGHT, protocol: mutatedText(RIGHT.protocol, random) };
  if (choice < 0.8) return { ...RIGHT, login: mutatedText(RIGHT.login, random) };
  const user = mutatedText('CP1', random);
  return { ...RIGHT, login: basic(user, mutatedText(SECRET, random)) };
}

/**
 * Padding and spaces may change, and NUL bytes at the end: scrypt keys HMAC with the password,
 * which pads keys with zeros (RFC 2104). It is the same password all the same.
 */
function carriesSecret(login: string): boolean {
  const encoded = /^ *basic +(\S+) *$/i.exec(login)?.[1] ?? '';
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  return text.replace(/\0+$/, '') === `CP1:${SECRET}`;
}

const same = (a: Upgrade): boolean =>
  a.url === RIGHT.url &&
  a.protocol.split(',').some((name) => name.trim() === RIGHT.protocol) &&
  carriesSecret(a.login);

/**
 * Mutated upgrade requests against the gate itself, each from another address, so that the throttle
 * does not spare it the work: none may crash it, be admitted, or be left without a decision.
 */
export async function mutatedUpgrades(
  count: number,
  seed: number,
  progress: (text: string) => void,
): Promise<CaseFinding> {
  const random = seededRandom(seed);
  const secretHash = await hashSecret(SECRET);
  let now = 0;
  const gate = new UpgradeGate({
    clock: { now: () => instant((now += 1)), wall_ms: () => Date.now() },
    protocols: () => ['ocpp1.6'],
    credentialOf: (id) => (id === 'CP1' ? { secretHash } : undefined),
    issuers: [],
    certificates: () => ({ surely_ms: 0, denied: new Set(), grace_ms: 0 }),
    onEvent: () => undefined,
  });
  let crashes = 0;
  let admitted = 0;
  let undecided = 0;
  let first: string | undefined;
  for (let i = 0; i < count; i += 1) {
    if (i % 100_000 === 0) progress(`${i} of ${count} upgrades`);
    const upgrade = mutatedUpgrade(random);
    const socket = new SinkSocket();
    try {
      const outcome = await gate.decide(requestOf(upgrade, i), socket);
      if (outcome === undefined) undecided += socket.writableEnded || socket.destroyed ? 0 : 1;
      else if (!same(upgrade)) {
        admitted += 1;
        first ??= `admitted: ${JSON.stringify(upgrade)}`;
      }
    } catch {
      crashes += 1;
    }
    socket.destroy();
  }
  const right = await gate.decide(requestOf(RIGHT, count + 1), new SinkSocket());
  return {
    measured: { upgrades: count, crashes, admitted, undecided },
    bars: [
      { name: 'crashes', op: '==', value: 0 },
      { name: 'admitted', op: '==', value: 0 },
      { name: 'undecided', op: '==', value: 0 },
    ],
    ...(first !== undefined && { failure: first }),
    ...(right?.identity !== 'CP1' && { failure: 'the right request was refused after them' }),
  };
}

function requestOf(upgrade: Upgrade, n: number): IncomingMessage {
  const socket = new Socket();
  const address = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  Object.defineProperty(socket, 'remoteAddress', { value: address });
  const request = new IncomingMessage(socket);
  request.url = upgrade.url;
  request.headers = {
    'sec-websocket-protocol': upgrade.protocol,
    authorization: upgrade.login,
  };
  return request;
}
