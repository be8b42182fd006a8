/**
 * INV-10: all stations of a hostile `stations` process at rated power until the line has dropped
 * them. Either D stays below 0.8 at every node, or the node and the excess are printed as a
 * residual
 * risk that two persons must accept.
 */
import { permissible_A } from './curve';
import { type Finding, finding } from './findings';
import { onPhases_A } from './staticPlan';
import { isUnder } from './tree';
import type { CircuitNode, Site } from './types';

/** Detection of an excess by the supervisor's own sum, s (safety-concept: line <= 4 s). */
const DETECTION_s = 5;
const D_MAX = 0.8;
const AC_VEHICLE_s = 5;

/** Findings: one for each node that all stations at once could overload for too long. Pure. */
export function residualRisks(site: Site): readonly Finding[] {
  return site.nodes.flatMap((node) => riskOf(site, node));
}

function riskOf(site: Site, node: CircuitNode): readonly Finding[] {
  const stations = site.stations.filter((s) => isUnder(site, s.node, node.id));
  const base_A = site.nodes
    .filter((n) => isUnder(site, n.id, node.id))
    .reduce((sum, n) => sum + n.baseLoadMax_A, 0);
  const phases = stations.map((s) => onPhases_A(s, s.max_A));
  const all = ([0, 1, 2] as const).map((i) => phases.reduce((sum, p) => sum + p[i], base_A));
  const worst_A = Math.max(...all);
  if (worst_A <= node.curve.rating_A) return [];
  const at = { path: node.path, subject: node.id };
  const lines = stations.map((s) => site.lines.find((l) => l.id === s.line));
  const slowest_s = Math.max(0, ...lines.map((l) => l?.reaction_s ?? Infinity));
  const duration_s = DETECTION_s + slowest_s + AC_VEHICLE_s;
  const unlined = stations.some((s, i) => lines[i] === undefined || s.cut.via === 'none');
  const allowed_A = unlined ? node.curve.rating_A : permissible_A(node.curve, duration_s, D_MAX);
  if (worst_A <= allowed_A) return [];
  const accepted = site.acceptedRisks.find((r) => r.code === 'inv-10' && r.subject === node.id);
  const held = unlined
    ? 'a station without a line'
    : `${duration_s.toFixed(0)} s until the line acts`;
  const text = `all stations at rated power draw ${worst_A.toFixed(0)} A, the curve carries ${allowed_A.toFixed(0)} A for ${held}`;
  const persons = new Set(accepted?.by.map((p) => p.trim().toLowerCase()));
  if (accepted !== undefined && persons.size === 2) {
    const by = accepted.by.join(' and ');
    return [finding('note', 'inv-10', at, `${text}; accepted by ${by}`, accepted.reason)];
  }
  const fix = `add accepted_risks: {code: inv-10, subject: ${node.id}, by: [two persons]} or a maker's curve with more points, fewer stations or a faster line`;
  return [finding('risk', 'inv-10', at, text, fix)];
}
