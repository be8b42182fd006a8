/**
 * What remains where the plan cannot prove it, and two persons must accept.
 *
 * INV-10: all stations of a hostile `stations` process at rated power until the line has dropped
 * them. Either D stays below 0.8 at every node, or the node and the excess are printed.
 * Sun before its first lease (INV-2), devices said to fall to less than their profile knows, and
 * limits in W that a car may draw on one phase alone.
 */
import type { DeviceCatalogue } from './catalogue';
import { permissible_A } from './curve';
import { type Finding, finding } from './findings';
import { coldExport, onPhases_A } from './staticPlan';
import { isUnder } from './tree';
import type { Bess, CircuitNode, Pv, Site, Station } from './types';

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

/** Findings: one for each risk, a note where two persons have accepted it. Pure. */
export function residualRisks(site: Site, catalogue: DeviceCatalogue): readonly Finding[] {
  const hostile = site.nodes.flatMap((node) => riskOf(site, node));
  const narrower = narrowerRisks(site, catalogue);
  const risks = [...hostile, ...coldRisks(site), ...narrower, ...wattRisks(site)];
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
  const held = unlined
    ? 'a station without a line'
    : unseen
      ? 'as long as nobody sees it: the grid meter shows no excess while only this node has one'
      : `the ${duration_s.toFixed(0)} s from its notice until the vehicles follow the line`;
  const text = `all stations at rated power draw ${worst_A.toFixed(0)} A, the curve carries ${allowed_A.toFixed(0)} A for ${held}`;
  const fix = `${unseen ? 'a breaker and cable for all of them' : "a maker's curve with more points"}, fewer stations${unseen ? '' : ' or a faster line'}`;
  return [risk(site, 'inv-10', at, text, fix)];
}

/** Sun before its first lease: the static plan counts it at what it falls to after one. */
function coldRisks(site: Site): readonly Finding[] {
  return coldExport(site).map((row) => {
    const path = site.nodes.find((n) => n.id === row.node)?.path ?? 'connection_point';
    const at = { path, subject: row.node };
    const numbers = `${row.load.toFixed(0)} ${row.unit} > limit ${row.limit.toFixed(0)} ${row.unit}`;
    const text = `before its first lease the sun exports ${numbers} (${row.parts}): from the start of an inverter until it is reached, and as long as it is not`;
    const fix = 'store a limit in the inverter and declare it as power_on_W, or raise export_W';
    return risk(site, 'cold-export', at, text, fix);
  });
}

/** The file may know of a setting in a device what its profile cannot; the plan then rests on it. */
function narrowerRisks(site: Site, catalogue: DeviceCatalogue): readonly Finding[] {
  const look = (d: Bess | Pv, key: string, told_W: number, worst_W: number): Finding[] => {
    if (worst_W === 0 || told_W / worst_W >= 1 - 1e-9) return [];
    const at = { path: `${d.path}.${key}`, subject: d.id };
    const text = `${key} ${told_W} W: after its lease profile "${d.profile}" may go to ${worst_W} W, and the static plan counts the smaller one`;
    return [risk(site, 'expiry-narrower', at, text, `declare ${key}: ${worst_W}`)];
  };
  const known = (d: Bess | Pv) => catalogue(d.profile)?.expiry ?? { min_share: 0, max_share: 0 };
  return [
    ...site.bess.flatMap((b) => [
      ...look(b, 'expiry_min_W', b.expiry_min_W, known(b).min_share * b.charge_W),
      ...look(b, 'expiry_max_W', b.expiry_max_W, known(b).max_share * b.discharge_W),
    ]),
    ...site.pv.flatMap((p) => look(p, 'expiry_W', p.expiry_W, known(p).max_share * p.rated_W)),
  ];
}

/** A limit in W says nothing of phases, and everything else here counts per phase. */
function wattRisks(site: Site): readonly Finding[] {
  return site.stations.flatMap((s) => {
    if (s.kind !== 'ac' || s.lease.rate_unit !== 'W' || s.wiring.length < 2) return [];
    const one_A = Math.min(s.max_A, s.wiring.length * s.static_A);
    const text = `limits in W: at its static limit of ${s.static_A} A a car on one phase may draw ${one_A} A there, and ${s.max_A} A at any limit above ${(s.max_A / s.wiring.length).toFixed(0)} A`;
    const at = { path: `${s.path}.lease.rate_unit`, subject: s.id };
    return [risk(site, 'watts-one-phase', at, text, 'a station that takes A, or one wired phase')];
  });
}

/** A risk with its code and subject; a note once two different persons have accepted it. */
function risk(
  site: Site,
  code: string,
  at: { readonly path: string; readonly subject: string },
  text: string,
  mend: string,
): Finding {
  const accepted = site.acceptedRisks.find((r) => r.code === code && r.subject === at.subject);
  const persons = new Set(accepted?.by.map((p) => p.trim().toLowerCase()));
  if (accepted !== undefined && persons.size === 2) {
    const by = accepted.by.join(' and ');
    return finding('note', code, at, `${text}; accepted by ${by}`, accepted.reason);
  }
  if (accepted !== undefined) {
    const fix = 'let two different persons accept it: by: [one, another]';
    return finding('risk', code, at, `${text}; accepted by fewer than two persons`, fix);
  }
  const fix = `add accepted_risks: {code: ${code}, subject: ${at.subject}, by: [two persons]} or ${mend}`;
  return finding('risk', code, at, text, fix);
}
