import {
  type Bus,
  type BusResult,
  createBus,
  type FramePort,
  isWrite,
  type PduCodec,
  type PduRequest,
  type ReadRequest,
} from '../../src/modbus';
import { type Clock, type Instant, later, type Timers } from '../../src/time';

/** A bus for a technician: reads only, every unit id, one question at a time. */
export interface BusSession {
  ask(unit: number, request: ReadRequest): Promise<BusResult>;
  /** Bytes since the start that belonged to no answer. */
  strayBytes(): number;
  /** Whether the port is open now. */
  isOpen(): boolean;
  close(): void;
}

export interface SessionParts {
  readonly port: FramePort;
  readonly codec: PduCodec;
  readonly clock: Clock;
  readonly timers: Timers;
}

const DEADLINE_ms = 5000;
const UNITS = Array.from({ length: 247 }, (_, i) => i + 1);

/** The one judge of this command: whatever asks, nothing is ever written. Pure. */
export const readOnly = (
  request: PduRequest,
): { readonly allow: true } | { readonly allow: false; readonly reason: string } =>
  isWrite(request)
    ? { allow: false, reason: 'this command reads only; writing needs service mode' }
    : { allow: true };

/** Opens the port. Silent units are asked again at once: the technician decides when to stop. */
export function openSession(parts: SessionParts): BusSession {
  const { port, codec, clock, timers } = parts;
  const bus: Bus = createBus({
    port,
    codec,
    clock,
    timers,
    judge: (_unit, request) => readOnly(request),
    devices: UNITS.map((unit) => ({
      id: String(unit),
      unit,
      turnaround_ms: 100,
      late_ms: 200,
      backoffMax_ms: 1,
    })),
  });
  return {
    ask: (unit, request) =>
      new Promise((resolve) =>
        bus.submit({
          device: String(unit),
          request,
          priority: 3,
          deadline: later(clock.now(), DEADLINE_ms),
          onDone: (result) => resolve(result),
        }),
      ),
    strayBytes: () => bus.statistics().strayBytes,
    isOpen: () => bus.statistics().open,
    close: () => bus.stop(),
  };
}

/** Waits until the port is open; false when it is not after `limit_ms`. */
export async function opened(session: BusSession, parts: SessionParts): Promise<boolean> {
  const { clock, timers } = parts;
  const until: Instant = later(clock.now(), 3000);
  while (!session.isOpen()) {
    if (clock.now() >= until) return false;
    await new Promise<void>((resolve) => timers.at(later(clock.now(), 20), resolve));
  }
  return true;
}
