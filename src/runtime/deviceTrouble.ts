/** What is wrong with the field devices now, as far as their drivers know. */
import { between, type Instant } from '../time';
import type { ConditionFacts } from './conditions';
import type { FieldDevices } from './fieldDevices';

/** Pure over its source. */
export function deviceTrouble(
  devices: FieldDevices,
  now: Instant,
): Pick<ConditionFacts, 'unproved' | 'identity' | 'frozen'> {
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
