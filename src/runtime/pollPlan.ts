/**
 * The reads of a device as one bus carries them: a block that would hold a slow bus too long is cut
 * between values, so that a safety write waits for a short transaction at most.
 */
import { type DeviceProfile, type PlannedRead, readPlan } from '../device';
import { blockCap, coalesceReads, gapTolerance } from '../modbus';
import { phasesRead } from './profiles';

/** An RS-485 line as far as it bounds a read. */
export interface Wire {
  readonly baud: number;
  readonly turnaround_ms: number;
}

/**
 * The read plan of a profile on this wire; undefined wire: Modbus TCP, nothing is cut. The read
 * that brings the phases stays whole: the supervisor decodes it from one frame. Pure.
 */
export function pollPlan(profile: DeviceProfile, wire?: Wire): readonly PlannedRead[] {
  const plan = readPlan(profile);
  if (wire === undefined) return plan;
  const cap = blockCap(wire.baud);
  const whole = phasesRead(profile);
  return plan.flatMap((read) =>
    read === whole || read.request.count <= cap ? [read] : cut(read, wire, cap),
  );
}

function cut(read: PlannedRead, wire: Wire, cap: number): readonly PlannedRead[] {
  if (read.values.length === 0) return [read];
  const gap = gapTolerance(wire.baud, wire.turnaround_ms);
  return coalesceReads(read.values, { gap, cap, holes: [] }).map((block) => {
    const { table, address, count, wants } = block;
    return { every: read.every, request: { kind: 'read', table, address, count }, values: wants };
  });
}
