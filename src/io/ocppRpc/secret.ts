import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Station secrets are random (>= 16 bytes, OCPP 2.0.1 A00.FR.205), so a low cost suffices. */
const COST = { N: 1024, r: 8, p: 1 };
const KEY_BYTES = 32;
/** Hashes computed at once: a storm of reconnects must not starve the thread pool. */
const MAX_RUNNING = 2;
/** Hashes waiting; beyond this the gate answers 503 and the station comes back later. */
const MAX_WAITING = 256;

/** Hashes a station secret for the site's store: `scrypt$N$r$p$salt$hash`, base64url. */
export async function hashSecret(secret: Buffer | string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(Buffer.from(secret), salt, COST);
  const parts = ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url')];
  return [...parts, hash.toString('base64url')].join('$');
}

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

function derive(secret: Buffer, salt: Buffer, cost: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, KEY_BYTES, cost, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

interface Stored {
  readonly cost: Cost;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

function parseStored(text: string): Stored | undefined {
  const [kind, n, r, p, salt, hash] = text.split('$');
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  const sane = Number.isInteger(cost.N) && cost.N >= 2 && cost.N <= 65_536;
  if (kind !== 'scrypt' || !sane || !salt || !hash) return undefined;
  return { cost, salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url') };
}

export type SecretVerdict = 'right' | 'wrong' | 'busy';

/**
 * Compares presented secrets with stored hashes in constant time. A secret that was right is
 * remembered as a keyed digest, so that a reconnect costs microseconds instead of milliseconds.
 */
export class SecretVerifier {
  private readonly key = randomBytes(32);
  private readonly known = new Map<string, Buffer>();
  private readonly decoy = Promise.resolve().then(() => hashSecret(randomBytes(16)));
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param stored - hash from `hashSecret`; absent for an unknown station, which costs the same */
  async verify(id: string, secret: Buffer, stored: string | undefined): Promise<SecretVerdict> {
    const digest = createHmac('sha256', this.key)
      .update(`${stored ?? ''}\0`)
      .update(secret)
      .digest();
    const before = this.known.get(id);
    if (before !== undefined && timingSafeEqual(before, digest)) return 'right';
    if (this.running >= MAX_RUNNING) {
      if (this.waiting.length >= MAX_WAITING) return 'busy';
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.running += 1;
    try {
      const right = await matches(secret, stored ?? (await this.decoy));
      if (!right || stored === undefined) return 'wrong';
      this.known.set(id, digest);
      return 'right';
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }
}

async function matches(secret: Buffer, stored: string): Promise<boolean> {
  const parsed = parseStored(stored);
  if (parsed?.hash.length !== KEY_BYTES) return false;
  return timingSafeEqual(await derive(secret, parsed.salt, parsed.cost), parsed.hash);
}
