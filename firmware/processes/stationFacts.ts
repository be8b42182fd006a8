import type { GateEvent } from '../../src/io/ocppRpc';
import {
  ConditionBoard,
  type DigestedEvent,
  EventDigest,
  type FleetEvent,
  type StationCondition,
} from '../../src/ocpp';
import type { Instant } from '../../src/time';

/** Events too frequent or too ordinary for the audit; the log has them. */
const LOG_ONLY: ReadonlySet<string> = new Set(['listening', 'connected', 'disconnected']);
/** Longest identity that IPC carries; the gate lets no longer one in. */
const MAX_ID = 64;

/** Gathers what gate and fleet tell: a line in the log, conditions for alarms, facts for the audit. */
export class StationFacts {
  private readonly board = new ConditionBoard();
  private readonly digest: EventDigest;
  private readonly log: (text: string) => void;

  /** @param now - the machine's monotonic clock: a restarted process goes on above its last event */
  constructor(log: (text: string) => void, now: Instant) {
    this.digest = new EventDigest(Math.floor(now));
    this.log = log;
  }

  fleet(event: FleetEvent): void {
    const cpms = event.code.startsWith('cpms') || event.text.startsWith('CPMS');
    this.take(cpms ? 'cpms' : 'station', event.station, event);
  }

  gate(event: GateEvent): void {
    this.take('gate', event.station ?? 'gate', event);
  }

  /** What became of the deny-list. */
  denyList(now: () => Instant): { unusable(text: string): void; read(text: string): void } {
    const tell = (code: string, text: string): void =>
      this.take('gate', 'gate', { at: now(), code, text });
    return {
      unusable: (text) => tell('deny-list-unusable', text),
      read: (text) => tell('deny-list-read', text),
    };
  }

  private take(
    zone: 'gate' | 'station' | 'cpms',
    station: string,
    event: { at: Instant; code: string; text: string; hint?: string },
  ): void {
    const { at, code, text } = event;
    const id = station.slice(0, MAX_ID);
    this.log(`${code} ${id}: ${text} ${event.hint ?? ''}`.trimEnd());
    this.board.take({ at, code, station: id, text });
    if (!LOG_ONLY.has(code)) this.digest.take(zone, code, id, text, at);
  }

  told(now: Instant): {
    conditions: readonly StationCondition[];
    events: readonly DigestedEvent[];
  } {
    return { conditions: this.board.conditions(now), events: this.digest.recent(now) };
  }
}
