import { instant, type Clock, type Instant, type Timers } from '../time';
import { BusEngine, type BusEngineOptions } from './busEngine';
import type { Bus } from './bus';
import { PortSwitch } from './portSwitch';

export interface BusOptions extends BusEngineOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Told when the port opens or is lost, in words for the log. */
  readonly onLink?: (open: boolean, text: string, now: Instant) => void;
}

/**
 * A timer that rings this late means that the program stood still; replies may lie unread behind
 * it, so they are given time before anything is judged by the clock, ms.
 */
const STALL_MS = 10;
const AFTER_STALL_MS = 20;

/**
 * Binds an engine to a port, a clock and timers, and opens the port. One timer is armed at a time;
 * it is left to ring early rather than moved, which costs less than a timer per transaction.
 */
export function createBus(options: BusOptions): Bus {
  const { clock, timers, onLink } = options;
  const port = new PortSwitch(options.port);
  const engine = new BusEngine({ ...options, port });
  let armed_at = Infinity;
  let cancel: () => void = () => undefined;
  let stopped = false;
  let openings = 0;

  const ringAt = (wake: number, afterStall: boolean): void => {
    cancel();
    armed_at = wake;
    cancel = timers.at(instant(wake), () => {
      armed_at = Infinity;
      const now = clock.now();
      if (now - wake > STALL_MS && !afterStall) ringAt(now + AFTER_STALL_MS, true);
      else {
        engine.tick(now);
        arm(now);
      }
    });
  };
  const arm = (now: Instant): void => {
    const wake = engine.wakeAt(now);
    if (wake < armed_at && !stopped) ringAt(wake, false);
  };
  const then = (now: Instant, act: () => void): void => {
    act();
    arm(now);
  };

  port.attach({
    onOpen: (now) => {
      openings += 1;
      onLink?.(true, 'open', now);
      then(now, () => engine.onOpen(now));
    },
    onClose: (reason, now) => {
      onLink?.(false, reason, now);
      then(now, () => engine.onClose(reason, now));
    },
    onSent: (id, ends_at, now) => then(now, () => engine.onSent(id, ends_at)),
    onReply: (id, adu, at) => then(at, () => engine.onReply(id, adu, at)),
    onFault: (id, fault, now) => then(now, () => engine.onFault(id, fault, now)),
    onStray: (bytes, now) => then(now, () => engine.onStray(bytes, now)),
    onReady: (now) => then(now, () => engine.onReady(now)),
  });
  port.open();

  return {
    submit: (request) => {
      const now = clock.now();
      then(now, () => engine.submit(request, now));
    },
    statistics: () => engine.statistics(clock.now()),
    health: (device) => engine.health(device),
    visit: ({ unit, ...rest }) => {
      const now = clock.now();
      const device = engine.visitor(unit);
      then(now, () => engine.submit({ ...rest, device, priority: 4, once: true }, now));
    },
    endVisits: () => {
      const now = clock.now();
      then(now, () => engine.endVisits(now));
    },
    tap: (tap) => port.tap(tap),
    get openings() {
      return openings;
    },
    get wire() {
      return port.wire;
    },
    suspend: (reason) => port.take(reason, clock.now()),
    resume: (next) => {
      if (!stopped) port.give(next);
    },
    stop: () => {
      stopped = true;
      cancel();
      engine.stop(clock.now());
      port.close();
    },
  };
}
