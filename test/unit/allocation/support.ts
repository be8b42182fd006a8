import type {
  AllocationBess,
  AllocationInput,
  AllocationNode,
  AllocationPv,
  AllocationStation,
} from '../../../src/allocation';
import { instant, later, type Instant } from '../../../src/time';
import { mapPhases } from '../../../src/units';

export const VOLTS = 230;
export const START: Instant = instant(1_000_000);
/** An instant of these tests. */
export const at = (seconds: number): Instant => later(START, seconds * 1000);

/** A connection point with a fresh meter that reads `base_A` on each phase besides nothing else. */
export function grid(
  limit_A: number,
  base_A = 0,
  change: Partial<AllocationNode> = {},
): AllocationNode {
  const net = base_A * VOLTS;
  return {
    id: 'grid',
    import_A: [limit_A, limit_A, limit_A],
    limitReason: { source: 'contract', text: `grid limit ${limit_A} A`, at: 'grid' },
    margin: 0,
    voltage_V: [VOLTS, VOLTS, VOLTS],
    measured: { net_W: [net, net, net], reactive_var: [0, 0, 0], at: START },
    baseWorst_A: 0,
    contingency_A: limit_A,
    ...change,
  };
}

export function station(id: string, change: Partial<AllocationStation> = {}): AllocationStation {
  return {
    id,
    node: 'grid',
    wiring: ['L1', 'L2', 'L3'],
    kind: 'ac',
    floor_A: 0,
    max_A: 32,
    minStart_A: 6,
    weight: 1,
    priority: 5,
    state: 'claims',
    reserved_A: 0,
    commanded_A: change.floor_A ?? 0,
    surely_A: [0, 0, 0],
    ...change,
  };
}

export function battery(power_W: number, change: Partial<AllocationBess> = {}): AllocationBess {
  return {
    id: 'bess',
    node: 'grid',
    discharge_W: 60_000,
    charge_W: 60_000,
    capacity_Wh: 100_000,
    socMin: 0.1,
    socMax: 0.95,
    socReserve: 0.2,
    reading: { power_W, soc: 0.6, chargeMax_W: 60_000, dischargeMax_W: 60_000 },
    lease: { value_W: power_W, ends_at: at(55) },
    commanded_W: power_W,
    expiryMin_W: 0,
    expiryMax_W: 0,
    usable: true,
    supports: true,
    stopInput: true,
    ...change,
  };
}

export const sun = (measured_W: number, change: Partial<AllocationPv> = {}): AllocationPv => ({
  id: 'pv',
  node: 'grid',
  rated_W: 60_000,
  expiry_W: 0,
  measured_W,
  usable: true,
  ...change,
});

/** The slew is off unless a test turns it on. */
export function input(
  nodes: readonly AllocationNode[],
  stations: readonly AllocationStation[],
  change: Partial<AllocationInput> = {},
): AllocationInput {
  return {
    nodes,
    stations,
    bess: [],
    pv: [],
    nominal_V: VOLTS,
    reaction_ms: 10_000,
    risePerSecond: 1,
    ...change,
  };
}

/** The same input with the meters read at `now`. */
export function stamped(of: AllocationInput, now: Instant): AllocationInput {
  const nodes = of.nodes.map((n) =>
    n.measured === undefined ? n : { ...n, measured: { ...n.measured, at: now } },
  );
  return { ...of, nodes };
}

/** A node whose meter sees `loads_A` on each phase while sources under it give `out_W`. */
export function metered(node: AllocationNode, loads_A: number, out_W = 0): AllocationNode {
  const net = loads_A * VOLTS - out_W / 3;
  const measured = { net_W: mapPhases([0, 0, 0], () => net), reactive_var: [0, 0, 0] as const };
  return { ...node, measured: { ...measured, at: START } };
}
