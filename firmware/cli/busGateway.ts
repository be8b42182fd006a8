/** The bus tools through the console socket of a running gateway. */
import { existsSync } from 'node:fs';
import { connectIpc, type IpcClient, type IpcMessage } from '../../src/io/ipc';
import { systemClock } from '../../src/io/clock';
import type { BusFailure, BusResult, ReadRequest } from '../../src/modbus';
import { later } from '../../src/time';
import { Fields } from '../processes/fields';
import type { BusSession } from './busSession';

const BEAT_ms = 500;
const ANSWER_ms = 3000;
/** A read waits its turn behind the control loop for at most this long. */
const READ_ms = 15_000;
/** Frames come in batches of ten a second; answers as fast as a line can carry. */
const MESSAGES_PER_SECOND = 500;

export interface HeardFrame {
  readonly kind: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly bytes: Uint8Array;
}

/** What opening led to: nobody answers, the port is not one of the gateway's, or a session. */
export type GatewayOpening =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'open'; readonly gateway: GatewayBus };

export interface OwnSetting {
  readonly baud: number;
  readonly parity: string;
}

const FAILURES: readonly BusFailure[] = [
  'timeout',
  'crc',
  'truncated',
  'invalid-reply',
  'exception',
  'denied',
  'malformed',
  'expired',
  'superseded',
  'disconnected',
  'not-ready',
  'backoff',
  'queue-full',
  'ambiguous',
];

/** Asks the gateway behind `socket` for one of its lines. */
export function openGateway(
  socket: string,
  wish: { readonly port?: string; readonly bus?: string; readonly what: string },
  onPhase: (phase: string, text: string) => void,
): Promise<GatewayOpening> {
  if (!existsSync(socket)) return Promise.resolve({ kind: 'nobody' });
  return new Promise((resolve) => {
    const gateway = new GatewayBus(onPhase);
    const timer = setTimeout(() => done({ kind: 'nobody' }), ANSWER_ms);
    function done(opening: GatewayOpening): void {
      clearTimeout(timer);
      if (opening.kind !== 'open') gateway.close();
      resolve(opening);
    }
    gateway.connect(
      connectIpc({
        path: socket,
        hello: { kind: 'bus-open', body: wish },
        ratePerSecond: MESSAGES_PER_SECOND,
        onChange: (connected) => {
          if (!connected) gateway.lost();
        },
        onMessage: (message) => {
          const given = new Fields(message.body);
          if (message.kind === 'bus-opened') {
            gateway.opened(given);
            done({ kind: 'open', gateway });
          } else if (message.kind === 'bus-refused' && gateway.key === undefined) {
            const text = given.text('text') ?? 'refused';
            done(given.is('elsewhere') ? { kind: 'elsewhere' } : { kind: 'refused', text });
          } else gateway.take(message, given);
        },
      }),
    );
  });
}

type Waiting = (result: BusResult) => void;

/** One use of one line of the gateway. */
export class GatewayBus implements BusSession {
  /** The gateway's name of the line. */
  key: string | undefined;
  own: OwnSetting | undefined;
  private client: IpcClient | undefined;
  private readonly onPhase: (phase: string, text: string) => void;
  private readonly waiting = new Map<number, Waiting>();
  private settled: ((refusal: string | undefined) => void) | undefined;
  private onFrames: ((frames: readonly HeardFrame[], dropped: number) => void) | undefined;
  private nextId = 1;
  private stray = 0;
  private open = false;
  private beat: NodeJS.Timeout | undefined;

  constructor(onPhase: (phase: string, text: string) => void) {
    this.onPhase = onPhase;
  }

  connect(client: IpcClient): void {
    this.client = client;
  }

  opened(given: Fields): void {
    this.key = given.text('key') ?? '';
    const baud = given.whole('baud', 1, 10_000_000);
    const parity = given.text('parity');
    if (baud !== undefined && parity !== undefined) this.own = { baud, parity };
    this.open = true;
    this.beat = setInterval(() => this.send('bus-beat', {}), BEAT_ms);
  }

  ask(unit: number, request: ReadRequest): Promise<BusResult> {
    const { table, address, count } = request;
    const id = this.nextId;
    this.nextId += 1;
    if (!this.open) return Promise.resolve(gone('the gateway has ended this use of the bus'));
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        resolve(gone('the gateway gave no answer'));
      }, READ_ms);
      this.waiting.set(id, (result) => {
        clearTimeout(timer);
        resolve(result);
      });
      this.send('bus-read', { id, unit, table, address, count });
    });
  }

  /** Wants the line at other settings; a sentence when it does not come to that. */
  set(setting: OwnSetting): Promise<string | undefined> {
    if (!this.open) return Promise.resolve('the gateway has ended this use of the bus');
    return new Promise((resolve) => {
      this.settled = resolve;
      this.send('bus-set', setting);
    });
  }

  sniff(onFrames: (frames: readonly HeardFrame[], dropped: number) => void): void {
    this.onFrames = onFrames;
    this.send('bus-sniff', {});
  }

  strayBytes(): number {
    return this.stray;
  }

  isOpen(): boolean {
    return this.open;
  }

  close(): void {
    this.send('bus-close', {});
    this.lost();
  }

  /** The connection is gone: nothing of it is taken up again. */
  lost(): void {
    this.open = false;
    clearInterval(this.beat);
    this.settled?.('the gateway no longer answers');
    this.settled = undefined;
    for (const done of this.waiting.values()) done(gone('the gateway no longer answers'));
    this.waiting.clear();
    this.client?.close();
  }

  take(message: IpcMessage, given: Fields): void {
    switch (message.kind) {
      case 'bus-answer':
        return this.answered(given);
      case 'bus-phase':
        return this.phase(given.text('phase') ?? '', given.text('text', 500) ?? '');
      case 'bus-frames':
        this.onFrames?.(framesOf(message.body), given.whole('dropped', 0, 1e9) ?? 0);
        return;
      case 'bus-refused':
        if (this.refusedRead(given)) return;
        this.settled?.(given.text('text', 500) ?? 'refused');
        this.settled = undefined;
    }
  }

  private phase(phase: string, text: string): void {
    this.onPhase(phase, text);
    if (phase === 'to-static') return;
    this.settled?.(phase === 'ended' ? text : undefined);
    this.settled = undefined;
    if (phase === 'ended') this.lost();
  }

  private answered(given: Fields): void {
    const id = given.whole('id', 0, Number.MAX_SAFE_INTEGER);
    const done = id === undefined ? undefined : this.waiting.get(id);
    if (id === undefined || done === undefined) return;
    this.waiting.delete(id);
    this.stray = given.whole('strayBytes', 0, 1e12) ?? 0;
    done(resultOf(given));
  }

  /** A refusal of one question; false when it is about something else. */
  private refusedRead(given: Fields): boolean {
    const id = given.whole('id', 0, Number.MAX_SAFE_INTEGER);
    const done = id === undefined ? undefined : this.waiting.get(id);
    if (id === undefined || done === undefined) return false;
    this.waiting.delete(id);
    done({ ok: false, reason: 'denied', text: given.text('text') ?? 'refused', sent: false });
    return true;
  }

  private send(kind: string, body: object): void {
    this.client?.send({ kind, body });
  }
}

const gone = (text: string): BusResult => ({
  ok: false,
  reason: 'disconnected',
  text,
  sent: false,
});

function resultOf(given: Fields): BusResult {
  if (!given.is('ok')) {
    const reason = given.oneOf('reason', FAILURES) ?? 'disconnected';
    const text = given.text('text', 500) ?? '';
    const exception = given.whole('exception', 0, 255);
    const why = { ok: false, reason, text, sent: given.is('sent') } as const;
    return exception === undefined ? why : { ...why, exception };
  }
  const now = systemClock.now();
  const roundTrip_ms = given.number('roundTrip_ms', 0, 1e6) ?? 0;
  return {
    ok: true,
    registers: given.wholes('registers', 0, 65_535),
    received_at: now,
    sent_at: later(now, -roundTrip_ms),
    frame: Buffer.from(given.text('frame', 600) ?? '', 'hex'),
    roundTrip_ms,
  };
}

function framesOf(body: unknown): readonly HeardFrame[] {
  return new Fields(body).list('frames').map((f) => ({
    kind: f.text('kind') ?? '',
    start_ms: f.number('start_ms', -1e15, 1e15) ?? 0,
    end_ms: f.number('end_ms', -1e15, 1e15) ?? 0,
    bytes: Buffer.from(f.text('hex', 1024) ?? '', 'hex'),
  }));
}
