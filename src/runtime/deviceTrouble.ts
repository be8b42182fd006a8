/** What is wrong with the field devices now, as far as their drivers know. */
import type { Bus } from '../modbus';
import { between, type Instant } from '../time';
import { busKey } from './assemble';
import type { ConditionFacts } from './conditions';
import { ExpiryCheck } from './expiryCheck';
import type { FieldDevices } from './fieldDevices';

/** Follows what BESS and PV would do when their leases end. */
export class ExpiryWatch {
  private readonly checks: ReadonlyMap<string, ExpiryCheck>;
  private readonly devices: FieldDevices;

  constructor(devices: FieldDevices, buses: ReadonlyMap<string, Bus>) {
    this.devices = devices;
    this.checks = new Map(
      [...devices.bess, ...devices.pv].flatMap((d) => {
        const bus = buses.get(busKey(d.file));
        if (bus === undefined) return [];
        return [[d.file.id, new ExpiryCheck(d.file.id, d.device.profile, bus)] as const];
      }),
    );
  }

  /** Once per cycle: by device, what differs from what was written there. */
  follow(now: Instant): ReadonlyMap<string, string> {
    const wrong = new Map<string, string>();
    for (const d of [...this.devices.bess, ...this.devices.pv]) {
      const check = this.checks.get(d.file.id);
      const silent = d.device.silent(now) || !d.device.mayWrite();
      check?.follow(!silent && d.actuator.current().acknowledged > 0, now);
      const why = check?.why();
      if (why !== undefined) wrong.set(d.file.id, why);
    }
    return wrong;
  }
}

/** Pure over its source. */
export function deviceTrouble(
  devices: FieldDevices,
  now: Instant,
): Pick<ConditionFacts, 'unproved' | 'identity' | 'frozen' | 'gone'> {
  const field = [...devices.bess, ...devices.pv];
  const polled = [...devices.meters, ...field];
  const unproved = new Map<string, { why: string; for_ms: number }>();
  for (const d of field) {
    const { pendingSince, failure } = d.actuator.current();
    if (pendingSince === undefined) continue;
    const why = failure ?? 'waiting for the read-back';
    unproved.set(d.file.id, { why, for_ms: between(pendingSince, now) });
  }
  return {
    unproved,
    identity: new Map(
      polled.flatMap((d) => {
        const conflict = d.device.identityConflict();
        return conflict === undefined ? [] : [[d.file.id, conflict.join('; ')] as const];
      }),
    ),
    gone: new Map(
      polled.flatMap((d) =>
        d.device.gone(now) ? [[d.file.id, d.device.lastFailure()] as const] : [],
      ),
    ),
    frozen: new Set(polled.filter((d) => d.device.frozen()).map((d) => d.file.id)),
  };
}

/** Age of the oldest write that is not yet proved, ms; 0 when there is none. Pure over its source. */
export function oldestUnproved_ms(devices: FieldDevices, now: Instant): number {
  const all = [...devices.bess, ...devices.pv];
  return Math.max(
    0,
    ...all.map((d) => {
      const since = d.actuator.current().pendingSince;
      return since === undefined ? 0 : between(since, now);
    }),
  );
}
