import { decodeRaw, type DeviceProfile, type Point, toRaw } from '../device';
import type { Bus } from '../modbus';
import { type Instant, later } from '../time';

/** The static plan of a site relies on these values: they are read back this often. */
const EVERY_ms = 3_600_000;
/** A read that failed is tried again after this. */
const AGAIN_ms = 60_000;
const DEADLINE_ms = 5000;

interface Expected {
  readonly name: string;
  readonly point: Point;
  readonly value: number;
}

/**
 * Reads the registers that say what one BESS or PV does when its lease ends, hourly and after each
 * reconnect, and compares them with what every setpoint writes there. Before the first acknowledged
 * setpoint nothing of ours is in them.
 */
export class ExpiryCheck {
  private readonly device: string;
  private readonly bus: Bus;
  private readonly expected: readonly Expected[];
  private readonly wrong = new Map<string, string>();
  private next_at: Instant | undefined;
  private wasReady = false;

  constructor(device: string, profile: DeviceProfile, bus: Bus) {
    this.device = device;
    this.bus = bus;
    this.expected = expiryValues(profile);
  }

  /** Once per cycle. `ready`: the device has shown its identity and has acknowledged a setpoint. */
  follow(ready: boolean, now: Instant): void {
    if (ready && !this.wasReady) this.next_at = now;
    this.wasReady = ready;
    if (!ready || this.next_at === undefined || now < this.next_at) return;
    this.next_at = later(now, EVERY_ms);
    for (const e of this.expected) this.read(e, now);
  }

  /** What differs, in words; absent while nothing does. */
  why(): string | undefined {
    const [first] = this.wrong.values();
    return first;
  }

  private read(e: Expected, now: Instant): void {
    const { table, address, words, type, wordOrder } = e.point;
    if (type === 'string') return;
    this.bus.submit({
      device: this.device,
      request: { kind: 'read', table, address, count: words },
      priority: 4,
      deadline: later(now, DEADLINE_ms),
      onDone: (result, at) => {
        if (!result.ok) {
          this.next_at = later(at, AGAIN_ms);
          return;
        }
        const raw = Number(decodeRaw(type, result.registers, 0, wordOrder));
        if (raw === toRaw(e.point, e.value)) this.wrong.delete(e.name);
        else this.wrong.set(e.name, `register ${e.name} holds ${raw}, not ${e.value}`);
      },
    });
  }
}

/** The points that take effect at expiry, with the constant that each setpoint writes. Pure. */
export function expiryValues(profile: DeviceProfile): readonly Expected[] {
  const { lease, setpoints } = profile.data;
  if (lease.mechanism === 'none') return [];
  const written = new Map<string, number>();
  for (const data of Object.values(setpoints ?? {})) {
    for (const step of data.writes) {
      for (const [name, value] of step.set) if (typeof value === 'number') written.set(name, value);
    }
  }
  return (lease.reverts ?? []).flatMap(([name]) => {
    const point = profile.points.get(name);
    const value = written.get(name);
    return point === undefined || value === undefined ? [] : [{ name, point, value }];
  });
}
