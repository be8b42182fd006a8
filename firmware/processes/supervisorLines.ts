/** The watchdog lines of one gateway, opened one by one; what cannot be opened is tried again. */
import {
  failedLine,
  type InputHost,
  type LineBackEnd,
  openLine,
  parseLineSpec,
} from '../../src/io/line';
import { lineStatus } from '../../src/supervisor';
import { type Instant, later } from '../../src/time';

const AGAIN_ms = 10_000;
/** One that failed while it was fed has dropped: it comes back no sooner than a return (INV-7). */
const AGAIN_AFTER_DROP_ms = 60_000;
/** The line of a site file that declares none; no id looks like it. */
const NAMELESS = '(line)';

interface Opened {
  readonly id: string;
  readonly spec: string;
  line: LineBackEnd;
  /** Why it is not open; absent when it is. */
  why?: string;
  again_at?: Instant;
}

/** `SPEC` for the first line, or `{"line-1": SPEC, ...}`; further emulated lines lie beside it. */
export function lineSpecs(text: string, ids: readonly string[]): ReadonlyMap<string, string> {
  const all = ids.length === 0 ? [NAMELESS] : ids;
  if (text.startsWith('{')) {
    const given: unknown = JSON.parse(text);
    const entries = typeof given === 'object' && given !== null ? Object.entries(given) : [];
    const specs = new Map(entries.map(([id, spec]) => [id, String(spec)] as const));
    return new Map(all.map((id) => [id, specs.get(id) ?? '']));
  }
  const beside = (id: string): string => (text.startsWith('emulated:') ? `${text}-${id}` : '');
  return new Map(all.map((id, i) => [id, i === 0 ? text : beside(id)]));
}

/** All lines behind one heartbeat. A line that is not open is never energised: nothing is raised. */
export class SupervisorLines {
  private readonly all: readonly Opened[];
  private readonly host: InputHost;

  constructor(specs: ReadonlyMap<string, string>, host: InputHost) {
    this.host = host;
    this.all = [...specs].map(([id, spec]) => ({ id, spec, line: failedLine('not open') }));
    for (const one of this.all) this.open(one, host.clock.now());
  }

  /** One edge to each of these; a line that refuses drops by itself, and the reason is told. */
  edge(ids: readonly string[], now: Instant): void {
    for (const one of this.all) {
      // A site file without lines names none: the one line of the gateway gets every edge.
      if (!ids.includes(one.id) && one.id !== NAMELESS) continue;
      try {
        one.line.edge(now);
      } catch (error) {
        if (one.why !== undefined) continue;
        // It is kept until then for its feedback contact.
        one.why = `${one.id}: no edge: ${textOf(error)}`;
        one.again_at = later(now, AGAIN_AFTER_DROP_ms);
        this.host.say(`${one.why}; opened again in ${AGAIN_AFTER_DROP_ms / 1000} s`);
      }
    }
  }

  /** Tries again what is not open; called about twice a second. */
  tick(now: Instant): void {
    for (const one of this.all) {
      if (one.again_at !== undefined && now >= one.again_at) this.open(one, now);
    }
  }

  /** Why a line is not open or refuses its edges; absent when all are well. */
  problem(): string | undefined {
    return this.all.find((l) => l.why !== undefined)?.why;
  }

  status(out: Parameters<typeof lineStatus>[1], now: Instant): ReturnType<typeof lineStatus> {
    return lineStatus(new Map(this.all.map((l) => [l.id, l.line])), out, now);
  }

  emulated(): boolean {
    return this.all.some((l) => l.line.emulated !== '');
  }

  close(): void {
    for (const one of this.all) closeQuietly(one.line);
  }

  private open(one: Opened, now: Instant): void {
    delete one.again_at;
    const spec = parseLineSpec(one.spec);
    const say = (text: string): void => this.host.say(`${one.id}: ${text}`);
    closeQuietly(one.line);
    try {
      if (spec === undefined) {
        const form = 'watchdog:/dev/watchdogN[,FEEDBACK] or gpio:PROGRAM:CHIP:OFFSET[,FEEDBACK]';
        throw new Error(`"${one.spec}" is no line back end; write ${form}`);
      }
      one.line = openLine(spec, { ...this.host, say });
      if (one.why !== undefined) this.host.say(`${one.id} is open`);
      delete one.why;
    } catch (error) {
      const why = `${one.id}: ${textOf(error)}`;
      if (one.why !== why) this.host.say(`${why}; nothing is raised until it opens`);
      one.why = why;
      one.line = failedLine(why);
      if (spec !== undefined) one.again_at = later(now, AGAIN_ms);
    }
  }
}

/** What is left of a line that failed: its device may be gone already. */
function closeQuietly(line: LineBackEnd): void {
  try {
    line.close();
  } catch {
    // Nothing more can be done with it, and it is not used any more.
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown');
