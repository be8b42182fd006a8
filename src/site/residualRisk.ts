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
import type { CircuitNode, Site, Station } from './types';

/** The supervisor stops feeding at the latest when its own trip integral has come so far. */
export const TRIP_NOTICED = 0.3;
/** INV-1 (c): D stays below 0.8, so this much is left from there until the vehicles follow. */
const D_LEFT = 0.8 - TRIP_NOTICED;
/** The record that shows it comes once a second. */
const RECORD_s = 1;
const VEHICLE_s = { ac: 5, dc: 2 } as const;

/**
 * Whether the supervisor sees it when the stations of this node draw all they can and the others
 * nothing: it has the grid meter alone, and what battery and sun feed in is missing there.
 */
function noticed(site: Site, node: CircuitNode, stations: readonly Station[]): boolean {
  const [root] = site.nodes;
  if (root === undefined || node.parent === undefined) return true;
  const sources_W =
    site.bess.reduce((sum, b) => sum + b.discharge_W, 0) +
    site.pv.reduce((sum, p) => sum + p.rated_W, 0);
  const hidden_A = sources_W / 3 / site.nominal_V;
  const phases = stations.map((s) => onPhases_A(s, s.max_A));
  const all = ([0, 1, 2] as const).map((i) => phases.reduce((sum, p) => sum + p[i], 0));
  return Math.max(...all) - hidden_A > root.import_A;
}

/** Findings: one for each node that all stations at once could overload for too long. Pure. */
export function residualRisks(site: Site): readonly Finding[] {
  const risks = site.nodes.flatMap((node) => riskOf(site, node));
  return [...risks, ...idle(site, risks)];
}

/** An acceptance without a risk would cover one that nobody has seen, with the next change. */
function idle(site: Site, risks: readonly Finding[]): readonly Finding[] {
  return site.acceptedRisks.flatMap(({ code, subject }, i) => {
    if (risks.some((r) => r.code === code && r.subject === subject)) return [];
    const text = `${code} of "${subject}" is accepted, and there is no such risk`;
    const at = { path: `accepted_risks[${i}]`, subject };
    return [finding('warning', 'acceptance-idle', at, text, 'remove it, or correct its subject')];
  });
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
  const follow_s = Math.max(0, ...stations.map((s) => s.cut.reaction_s + VEHICLE_s[s.kind]));
  const duration_s = RECORD_s + slowest_s + follow_s;
  const unlined = stations.some((s, i) => lines[i] === undefined || s.cut.via === 'none');
  const unseen = !noticed(site, node, stations);
  const never = unlined || unseen;
  const allowed_A = never ? node.curve.rating_A : permissible_A(node.curve, duration_s, D_LEFT);
  if (worst_A <= allowed_A) return [];
  const accepted = site.acceptedRisks.find((r) => r.code === 'inv-10' && r.subject === node.id);
  const held = unlined
    ? 'a station without a line'
    : unseen
      ? 'as long as nobody sees it: the grid meter shows no excess while only this node has one'
      : `the ${duration_s.toFixed(0)} s from its notice until the vehicles follow the line`;
  const text = `all stations at rated power draw ${worst_A.toFixed(0)} A, the curve carries ${allowed_A.toFixed(0)} A for ${held}`;
  const persons = new Set(accepted?.by.map((p) => p.trim().toLowerCase()));
  if (accepted !== undefined && persons.size === 2) {
    const by = accepted.by.join(' and ');
    return [finding('note', 'inv-10', at, `${text}; accepted by ${by}`, accepted.reason)];
  }
  if (accepted !== undefined) {
    const fix = 'let two different persons accept it: by: [one, another]';
    return [finding('risk', 'inv-10', at, `${text}; accepted by fewer than two persons`, fix)];
  }
  const fix = `add accepted_risks: {code: inv-10, subject: ${node.id}, by: [two persons]} or ${unseen ? 'a breaker and cable for all of them' : "a maker's curve with more points"}, fewer stations${unseen ? '' : ' or a faster line'}`;
  return [finding('risk', 'inv-10', at, text, fix)];
}
