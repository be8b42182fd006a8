/**
 * The delta-wye network of the Caltech site: bounds on magnitudes of phasor sums. Each circle is
 * covered from inside by a polygon, whose sides are linear bounds as the allocation knows them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AllocationBound } from '../../src/allocation';

/** Sides of the polygon: it gives away 1 - cos(180/36) = 0.4 % of a limit at most. */
const SIDES = 36;
/** Transformer limits in the file are those of this cap. */
const FILE_CAP_kW = 30;
const RADIANS = Math.PI / 180;

interface Constraint {
  readonly name: string;
  readonly limit_A: number;
  readonly matrix: readonly number[];
}

export interface DeltaNetwork {
  readonly station_ids: readonly string[];
  readonly phase_angle_deg: readonly number[];
  readonly constraints: readonly Constraint[];
}

/** The network file, or undefined where it is missing. */
export function readNetwork(data: string): DeltaNetwork | undefined {
  const path = join(data, 'sessions/caltech_acn_network.json');
  if (!existsSync(path)) return undefined;
  const file: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return isNetwork(file) ? file : undefined;
}

function isNetwork(file: unknown): file is DeltaNetwork {
  return (
    typeof file === 'object' &&
    file !== null &&
    'station_ids' in file &&
    'phase_angle_deg' in file &&
    'constraints' in file
  );
}

/** Pods are fuses on one pair of lines and do not scale with the transformer. */
const isPod = (c: Constraint): boolean => c.name.includes('Pod');
const limitOf = (c: Constraint, cap_kW: number): number =>
  isPod(c) ? c.limit_A : (c.limit_A * cap_kW) / FILE_CAP_kW;

/**
 * Linear bounds among the given sessions; negative shares are left out, which only tightens. Pure.
 */
export function deltaBounds(
  network: DeltaNetwork,
  cap_kW: number,
  sessions: readonly { readonly id: string; readonly station: string }[],
): readonly AllocationBound[] {
  const at = sessions.map((s) => network.station_ids.indexOf(s.station));
  const out: AllocationBound[] = [];
  for (const c of network.constraints) {
    const sides = isPod(c) ? 1 : SIDES;
    const limit_A = limitOf(c, cap_kW) * (isPod(c) ? 1 : Math.cos(Math.PI / SIDES));
    for (let k = 0; k < sides; k += 1) {
      const shares = sessions.flatMap((s, i) => {
        const row = c.matrix[at[i] ?? -1] ?? 0;
        const angle = (network.phase_angle_deg[at[i] ?? -1] ?? 0) - (k * 360) / SIDES;
        const coefficient = isPod(c) ? row : row * Math.cos(angle * RADIANS);
        return coefficient > 1e-9 ? [{ station: s.id, coefficient }] : [];
      });
      if (shares.length > 0) out.push({ id: `${c.name} ${k}`, limit_A, text: c.name, shares });
    }
  }
  return out;
}

/** Constraints whose phasor sum is above its limit. Pure. */
export function violationsOf(
  network: DeltaNetwork,
  cap_kW: number,
  currents: readonly { readonly station: string; readonly current_A: number }[],
): number {
  let violations = 0;
  for (const c of network.constraints) {
    let re = 0;
    let im = 0;
    for (const s of currents) {
      const i = network.station_ids.indexOf(s.station);
      const a = (c.matrix[i] ?? 0) * s.current_A;
      re += a * Math.cos((network.phase_angle_deg[i] ?? 0) * RADIANS);
      im += a * Math.sin((network.phase_angle_deg[i] ?? 0) * RADIANS);
    }
    if (Math.hypot(re, im) > limitOf(c, cap_kW) + 1e-6) violations += 1;
  }
  return violations;
}
