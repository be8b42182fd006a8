/** Declared reaction times of the nodes, from the parts that SAFETY.md "Terms" names. */
import { busBudget } from './busBudget';
import type { DeviceCatalogue } from './catalogue';
import { type Finding, finding } from './findings';
import { isUnder } from './tree';
import { type Site } from './types';

const CYCLE_ms = 1000;
const COMPUTE_ms = 200;
/** Simulation realism, SAFETY.md: stations take up to 2 s, AC vehicles 5 s, DC 2 s. */
const STATION_ms = 2000;
const AC_VEHICLE_ms = 5000;
const DC_VEHICLE_ms = 2000;
/** INV-1 (b): where a BESS answers, with DC, with AC. */
const BOUND_ms = { bess: 5000, dc: 7000, ac: 10_000 } as const;

export interface ReactionTime {
  readonly node: string;
  readonly reaction_ms: number;
  readonly bound_ms: number;
  readonly parts: string;
}

function sensing_ms(site: Site, catalogue: DeviceCatalogue): number {
  const grid = site.gridMeter;
  const bus = busBudget(site, catalogue).find((b) => b.bus === grid.bus);
  return grid.lag_s * 1000 + Math.max(grid.poll_ms, bus?.worstCycle_ms ?? 0);
}

/** Declared reaction time of one node: meter lag, poll budget, cycle, compute, actuator. Pure. */
export function declaredReaction(
  site: Site,
  node: string,
  catalogue: DeviceCatalogue,
): ReactionTime {
  const stations = site.stations.filter((s) => isUnder(site, s.node, node));
  const slowest = stations.some((s) => s.kind === 'ac')
    ? 'ac'
    : stations.some((s) => s.kind === 'dc')
      ? 'dc'
      : 'bess';
  const act_ms =
    slowest === 'ac'
      ? STATION_ms + AC_VEHICLE_ms
      : slowest === 'dc'
        ? STATION_ms + DC_VEHICLE_ms
        : Math.max(0, ...site.bess.map((b) => b.reaction_s * 1000));
  const sense_ms = sensing_ms(site, catalogue);
  const parts = `sensing ${Math.round(sense_ms)} ms + cycle ${CYCLE_ms} ms + compute ${COMPUTE_ms} ms + ${slowest} ${act_ms} ms`;
  const reaction_ms = sense_ms + CYCLE_ms + COMPUTE_ms + act_ms;
  return { node, reaction_ms, bound_ms: BOUND_ms[slowest], parts };
}

/** Where only a battery answers and it takes more of the bound than the meter does: the fix. Pure. */
function slowBess(site: Site, r: ReactionTime): string | undefined {
  if (r.bound_ms !== BOUND_ms.bess) return undefined;
  const [slowest] = [...site.bess].sort((a, b) => b.reaction_s - a.reaction_s);
  if (slowest === undefined) return undefined;
  const others_ms = r.reaction_ms - slowest.reaction_s * 1000;
  const left_s = Math.floor((r.bound_ms - others_ms) / 100) / 10;
  const sensing_ms = others_ms - CYCLE_ms - COMPUTE_ms;
  if (left_s <= 0 || sensing_ms > slowest.reaction_s * 1000) return undefined;
  const has = `reaction_s ${slowest.reaction_s} of BESS ${slowest.id}`;
  return `${has} is the cause: at most ${left_s} s are left for it; measure it or use a quicker one`;
}

/** Findings: nodes whose declared reaction time is above the bound of INV-1. Pure. */
export function reactionFindings(site: Site, catalogue: DeviceCatalogue): readonly Finding[] {
  const out: Finding[] = [];
  for (const node of site.nodes) {
    const r = declaredReaction(site, node.id, catalogue);
    const at = { path: node.path, subject: node.id };
    const took = `${(r.reaction_ms / 1000).toFixed(1)} s (${r.parts})`;
    if (r.reaction_ms <= r.bound_ms) {
      out.push(
        finding('note', 'reaction-time', at, `declared reaction time ${took}`, 'none needed'),
      );
      continue;
    }
    const text = `declared reaction time ${took} exceeds ${r.bound_ms / 1000} s`;
    const fix =
      slowBess(site, r) ?? 'poll the grid meter faster, raise baud, or use a meter with less lag';
    out.push(finding('error', 'reaction-time', at, text, fix));
  }
  return out;
}
