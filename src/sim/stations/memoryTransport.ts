import type { Frame, StationFleet, StationPort } from '../../ocpp';
import { later } from '../../time';
import type { Clock, Timers } from '../../time';
import type { SimLink, SimLinkEvents, SimStationConfig, SimTransport } from './types';

/** Time of one message through a site's network and two event loops. */
const LATENCY_MS = 20;

/**
 * Joins simulated stations to a fleet without sockets and without text: frames are handed over
 * after a latency, in order. `raw` is never set on this path.
 */
export function memoryTransport(
  fleet: StationFleet,
  clock: Clock,
  timers: Timers,
  latency_ms: number = LATENCY_MS,
): SimTransport {
  return {
    open: (station, events) => new MemoryLink(station, events, fleet, clock, timers, latency_ms),
  };
}

class MemoryLink implements SimLink {
  private port: StationPort | undefined;
  private ended = false;
  private readonly events: SimLinkEvents;
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly latency_ms: number;

  constructor(
    station: SimStationConfig,
    events: SimLinkEvents,
    fleet: StationFleet,
    clock: Clock,
    timers: Timers,
    latency_ms: number,
  ) {
    this.events = events;
    this.clock = clock;
    this.timers = timers;
    this.latency_ms = latency_ms;
    this.soon(() => this.join(station, fleet));
  }

  private join(station: SimStationConfig, fleet: StationFleet): void {
    if (this.ended) return;
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
    this.soon(() => this.live() && this.port?.receive(frame, this.clock.now()));
  }

  sendText(text: string): void {
    this.soon(() => this.live() && this.port?.receiveText(text, this.clock.now()));
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
    this.timers.at(later(this.clock.now(), this.latency_ms), () => {
      fn();
    });
  }
}
