import { type DeviceProfile, readPlan, type WritableRange, writableRanges } from '../device';

/** Why a Modbus request is refused. Closed and stable; each has a test. */
export const MODBUS_DENY_REASONS = [
  'unknown-source',
  'unknown-device',
  'wrong-unit',
  'broadcast',
  'function',
  'range',
  'value',
  'forbidden-value',
  'mode',
  'rate',
] as const;
export type ModbusDenyReason = (typeof MODBUS_DENY_REASONS)[number];

/** One device of the site with the profile it must match. */
export interface GuardedDevice {
  readonly id: string;
  readonly unit: number;
  readonly profile: DeviceProfile;
  /** Bounds from the site file, W; a profile can be narrowed by them, never widened. */
  readonly min_W: number;
  readonly max_W: number;
  /**
   * A PV limit up to this passes in every mode, W: the static plan counts the sun at it, so it can
   * only lower. Absent: in normal and service only, as everything else.
   */
  readonly lowers_W?: number;
}

export interface ReadSpan {
  readonly table: 'holding' | 'input';
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export interface ModbusRule {
  /** `bess: bess-power set 40150+5`, shown by `guard explain`. */
  readonly name: string;
  readonly range: WritableRange;
  /** It takes back or lowers, in whatever mode. */
  readonly everyMode: boolean;
}

interface DeviceRules {
  readonly device: GuardedDevice;
  readonly reads: readonly ReadSpan[];
  readonly writes: readonly ModbusRule[];
}

export type ModbusRules = ReadonlyMap<string, DeviceRules>;

/** Rules for all devices of a site, from their profiles. Pure. */
export function compileRules(devices: readonly GuardedDevice[]): ModbusRules {
  return new Map(devices.map((d) => [d.id, rulesOf(d)]));
}

function rulesOf(device: GuardedDevice): DeviceRules {
  const reads = readPlan(device.profile).map((r) => r.request);
  const { min_W, max_W } = device;
  const ranges = writableRanges(device.profile, { min_W, max_W });
  const rule = (range: WritableRange, verb: string = range.purpose): ModbusRule => ({
    name: `${device.id}: ${range.quantity} ${verb} ${range.address}+${range.count}`,
    range,
    everyMode: verb !== 'set',
  });
  const { lowers_W } = device;
  const lowering =
    lowers_W === undefined
      ? []
      : writableRanges(device.profile, { min_W, max_W: Math.min(max_W, lowers_W) }).filter(
          (r) => r.quantity === 'pv-limit' && r.purpose === 'set',
        );
  // The narrow rules first: what lowers passes by them in normal, too.
  const writes = [...lowering.map((r) => rule(r, 'lower')), ...ranges.map((r) => rule(r))];
  const spans = [
    ...reads.map((r) => ({ table: r.table, ...span(r) })),
    // What may be written may be read back.
    ...ranges.map((r) => ({ table: 'holding' as const, ...span(r) })),
  ];
  return { device, reads: union(spans), writes };
}

const span = (r: { address: number; count: number }): { from: number; to: number } => ({
  from: r.address,
  to: r.address + r.count,
});

/** Overlapping and touching spans joined, so that one request may cover a union. */
function union(spans: readonly ReadSpan[]): readonly ReadSpan[] {
  const out: ReadSpan[] = [];
  const sorted = [...spans].sort((a, b) => a.table.localeCompare(b.table) || a.from - b.from);
  for (const s of sorted) {
    const last = out.at(-1);
    if (last?.table === s.table && s.from <= last.to) {
      out[out.length - 1] = { ...last, to: Math.max(last.to, s.to) };
    } else out.push(s);
  }
  return out;
}
