import {
  type Frame,
  STATION_RATE,
  type StationFleet,
  type StationPort,
  TokenBucket,
} from '../../ocpp';
import { later } from '../../time';
import type { Clock, Timers } from '../../time';
import type { SimLink, SimLinkEvents, SimStationConfig, SimTransport } from './types';

/** Time of one message through a site's network and two event loops. */
const LATENCY_MS = 20;

/**
 * Joins simulated stations to a fleet without sockets and without text: frames are handed over
 * after a latency, in order. `raw` is never set on this path. As at the real gate, a station that
 * sends too much is cut, and `onFlood` hears of it; without `onFlood` there is no gate.
 */
export function memoryTransport(
  fleet: StationFleet,
  clock: Clock,
  timers: Timers,
  onFlood?: (station: string) => void,
): SimTransport {
  const buckets = new Map<string, TokenBucket>();
  const gateOf = (station: string): Gate | undefined => {
    if (onFlood === undefined) return undefined;
    const { perSecond, burst } = STATION_RATE;
    const bucket = buckets.get(station) ?? new TokenBucket(perSecond, burst, clock.now());
    buckets.set(station, bucket);
    const told = (admitted: boolean): boolean => {
      if (!admitted) onFlood(station);
      return admitted;
    };
    return {
      admitsLogin: () => told(bucket.takeLogin(clock.now())),
      admitsMessage: () => told(bucket.take(clock.now())),
    };
  };
  return {
    open: (station, events) =>
      new MemoryLink(station, events, fleet, clock, timers, gateOf(station.id)),
  };
}

interface Gate {
  admitsLogin(): boolean;
  admitsMessage(): boolean;
}

class MemoryLink implements SimLink {
  private port: StationPort | undefined;
  private ended = false;
  private readonly events: SimLinkEvents;
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly gate: Gate | undefined;

  constructor(
    station: SimStationConfig,
    events: SimLinkEvents,
    fleet: StationFleet,
    clock: Clock,
    timers: Timers,
    gate: Gate | undefined,
  ) {
    this.events = events;
    this.clock = clock;
    this.timers = timers;
    this.gate = gate;
    this.soon(() => this.join(station, fleet));
  }

  private join(station: SimStationConfig, fleet: StationFleet): void {
    if (this.ended) return;
    if (this.gate?.admitsLogin() === false) return this.end(1008, 'too many logins');
    const link = {
      send: (frame: Frame) => this.soon(() => this.live() && this.events.received(frame)),
      close: (code: number, reason: string) => this.end(code, reason),
    };
    const outcome = fleet.connect(
      station.id,
      link,
      station.protocol ?? 'ocpp1.6',
      this.clock.now(),
    );
    if (!outcome.accepted) {
      this.end(1008, outcome.reason);
      return;
    }
    this.port = outcome.port;
    this.soon(() => this.live() && this.events.opened());
  }

  send(frame: Frame): void {
    this.soon(() => this.admitted() && this.port?.receive(frame, this.clock.now()));
  }

  sendText(text: string): void {
    this.soon(() => this.admitted() && this.port?.receiveText(text, this.clock.now()));
  }

  private admitted(): boolean {
    if (this.ended) return false;
    if (this.gate?.admitsMessage() !== false) return true;
    this.end(1008, 'too many messages');
    return false;
  }

  close(): void {
    this.end(1000, 'closed by the station');
  }

  private live(): boolean {
    return !this.ended;
  }

  /** Both ends learn of it after the latency, each once. */
  private end(code: number, reason: string): void {
    if (this.ended) return;
    this.ended = true;
    this.soon(() => {
      this.port?.closed(this.clock.now());
      this.events.closed(code, reason);
    });
  }

  private soon(fn: () => unknown): void {
    this.timers.at(later(this.clock.now(), LATENCY_MS), () => {
      fn();
    });
  }
}
