/**
 * The bus tools of a console, through the running gateway: its ports are never opened twice. One
 * connection is one use of one line; when it closes, however that happens, the use ends and a line
 * that was lent comes back.
 */
import { realpathSync } from 'node:fs';
import { CONSOLE_SOURCE } from '../../src/guard';
import type { IpcMessage, IpcPeer } from '../../src/io/ipc';
import { type BusResult, startOf, type TappedFrame } from '../../src/modbus';
import { type AuditPort, BusLoan, type ToolLine } from '../../src/runtime';
import type { SiteRuntime } from '../../src/runtime';
import { type Clock, later, type Timers } from '../../src/time';
import { Fields } from './fields';
import type { ServiceDoor } from './serviceDoor';

export interface BusDoorParts {
  readonly lines: readonly (ToolLine & { readonly port?: string })[];
  readonly runtime: Pick<SiteRuntime, 'mode'>;
  readonly service: Pick<ServiceDoor, 'current' | 'mayChangeBus'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly audit: AuditPort;
}

/** Frames kept for a console that reads slowly; more are counted as lost. */
const FRAMES_MAX = 256;
const FLUSH_ms = 100;
/** Consoles number their questions. */
const ID_MAX = Number.MAX_SAFE_INTEGER;
const PARITIES = ['none', 'even', 'odd'] as const;

interface Use {
  readonly line: BusDoorParts['lines'][number];
  readonly loan: BusLoan;
  /** Opened to listen: others may use the line at the same time, so it asks and sets nothing. */
  readonly listens: boolean;
  stopTap?: () => void;
}

export class BusDoor {
  private readonly parts: BusDoorParts;
  private readonly uses = new Map<IpcPeer, Use>();

  constructor(parts: BusDoorParts) {
    this.parts = parts;
  }

  /** Takes a message that is about a bus; false when it is about something else. */
  take(message: IpcMessage, peer: IpcPeer): boolean {
    if (!message.kind.startsWith('bus-')) return false;
    const given = new Fields(message.body);
    const use = this.uses.get(peer);
    if (message.kind === 'bus-open') this.open(given, peer);
    else if (use === undefined)
      say(peer, 'bus-refused', { text: 'no bus is open: bus-open first' });
    else this.ask(message.kind, given, use, peer);
    return true;
  }

  private ask(kind: string, given: Fields, use: Use, peer: IpcPeer): void {
    if (use.listens && (kind === 'bus-read' || kind === 'bus-set')) {
      const text = 'this use of the bus only listens';
      return say(peer, 'bus-refused', { id: given.whole('id', 0, ID_MAX) ?? 0, text });
    }
    switch (kind) {
      case 'bus-beat':
        return use.loan.beat();
      case 'bus-read':
        return this.read(given, use, peer);
      case 'bus-set':
        return this.set(given, use, peer);
      case 'bus-sniff':
        return this.sniff(use, peer);
      case 'bus-close':
        return this.end(peer, 'the console has finished');
      default:
        say(peer, 'bus-refused', { text: `unknown question ${kind}` });
    }
  }

  private open(given: Fields, peer: IpcPeer): void {
    if (this.uses.has(peer))
      return say(peer, 'bus-refused', { text: 'a bus is already open: bus-close first' });
    const found = this.lineOf(given.text('port'), given.text('bus'));
    if ('text' in found) return say(peer, 'bus-refused', found);
    const { line } = found;
    const inUse = [...this.uses.values()].find((u) => u.line.key === line.key && !u.listens);
    const listens = given.text('what') === 'sniff';
    if (inUse !== undefined && !listens) {
      const text = `another console uses ${line.key}; try again when it has finished`;
      return say(peer, 'bus-refused', { text });
    }
    const { service, runtime, clock, timers, audit } = this.parts;
    const who = service.current()?.who ?? 'the console';
    const text = `${given.text('what') ?? 'bus tool'} by ${who}`;
    audit.append({ kind: 'human', subject: line.key, text });
    const loan = new BusLoan({
      line,
      who,
      source: CONSOLE_SOURCE,
      mode: () => runtime.mode(),
      mayChange: () => service.mayChangeBus(),
      clock,
      timers,
      audit,
      onPhase: (phase, why) => {
        say(peer, 'bus-phase', { phase, text: why });
        if (phase === 'ended') this.forget(peer);
      },
    });
    this.uses.set(peer, { line, loan, listens });
    peer.onGone(() => this.end(peer, 'the console was closed'));
    say(peer, 'bus-opened', { key: line.key, ...(line.own ?? {}) });
  }

  private lineOf(
    port: string | undefined,
    key: string | undefined,
  ): { readonly line: Use['line'] } | { readonly text: string; readonly elsewhere?: boolean } {
    const { lines } = this.parts;
    const known = lines.map((l) => l.key).join(', ');
    if (key !== undefined) {
      const line = lines.find((l) => l.key === key);
      return line === undefined ? { text: `there is no bus "${key}"; known: ${known}` } : { line };
    }
    if (port !== undefined) {
      const line = lines.find((l) => l.port !== undefined && samePort(l.port, port));
      // Not a port of this gateway: the tool may open it itself.
      return line === undefined ? { text: `${port} is no port of it`, elsewhere: true } : { line };
    }
    const [only, second] = lines;
    if (only !== undefined && second === undefined) return { line: only };
    return { text: `which bus? --bus with one of: ${known}` };
  }

  private read(given: Fields, use: Use, peer: IpcPeer): void {
    const id = given.whole('id', 0, ID_MAX) ?? 0;
    const unit = given.whole('unit', 1, 247);
    const address = given.whole('address', 0, 65_535);
    const registers = given.oneOf('table', ['holding', 'input'] as const);
    const bits = given.oneOf('table', ['coil', 'discrete'] as const);
    const count = given.whole('count', 1, registers === undefined ? 2000 : 125);
    if (unit === undefined || address === undefined || count === undefined)
      return say(peer, 'bus-refused', { id, text: 'unit, address or count is outside its range' });
    const answer = (result: BusResult): void =>
      say(peer, 'bus-answer', { id, ...wireForm(result), strayBytes: use.loan.strayBytes() });
    if (registers !== undefined)
      void use.loan.ask(unit, { kind: 'read', table: registers, address, count }).then(answer);
    else if (bits !== undefined)
      void use.loan.ask(unit, { kind: 'read-bits', table: bits, address, count }).then(answer);
    else say(peer, 'bus-refused', { id, text: 'tables: holding, input, coil, discrete' });
  }

  private set(given: Fields, use: Use, peer: IpcPeer): void {
    const baud = given.whole('baud', 300, 1_000_000);
    const parity = given.oneOf('parity', PARITIES);
    if (baud === undefined || parity === undefined)
      return say(peer, 'bus-refused', { text: 'baud or parity is not possible' });
    const no = use.loan.set({ baud, parity });
    if (no !== undefined) say(peer, 'bus-refused', { text: no });
  }

  /** Frames as they come, in batches; what a slow console cannot take is counted, not kept. */
  private sniff(use: Use, peer: IpcPeer): void {
    const { clock, timers } = this.parts;
    const { bus } = use.line;
    let frames: object[] = [];
    let dropped = 0;
    use.stopTap?.();
    const stopTap = bus.tap((frame: TappedFrame) => {
      if (frames.length >= FRAMES_MAX) dropped += 1;
      else {
        const hex = Buffer.from(frame.bytes).toString('hex');
        frames.push({
          kind: frame.kind,
          start_ms: startOf(frame, bus.wire),
          end_ms: frame.at,
          hex,
        });
      }
    });
    let cancel: () => void = () => undefined;
    const flush = (): void => {
      if (frames.length > 0 && peer.send({ kind: 'bus-frames', body: { frames, dropped } })) {
        frames = [];
        dropped = 0;
      }
      cancel = timers.at(later(clock.now(), FLUSH_ms), flush);
    };
    use.stopTap = () => {
      stopTap();
      cancel();
    };
    flush();
    say(peer, 'bus-sniffing', { key: use.line.key });
  }

  private end(peer: IpcPeer, why: string): void {
    this.uses.get(peer)?.loan.end(why);
    this.forget(peer);
  }

  private forget(peer: IpcPeer): void {
    this.uses.get(peer)?.stopTap?.();
    this.uses.delete(peer);
  }
}

const say = (peer: IpcPeer, kind: string, body: object): void => {
  peer.send({ kind, body });
};

const wireForm = (result: BusResult): object =>
  result.ok
    ? {
        ok: true,
        registers: result.registers,
        roundTrip_ms: result.roundTrip_ms,
        frame: Buffer.from(result.frame).toString('hex'),
      }
    : result;

/** The same device under another name is the same port. */
function samePort(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return a === b;
  }
}
