/** Plausibility margins and lines: what `check` prints besides the plan. */
import type { DeviceCatalogue } from './catalogue';
import { type Finding, finding } from './findings';
import { isUnder } from './tree';
import { GRID, type Site } from './types';

/** Largest meter errors that the cross-checks cannot see (SAFETY.md "Plausibility"). */
const UNSEEN_INSTANT = 0.1;
const UNSEEN_ENERGY = 0.03;

/** Findings on the control margin, the energy check and nodes without a line. Pure. */
export function marginFindings(site: Site, catalogue: DeviceCatalogue): readonly Finding[] {
  const out: Finding[] = [];
  const c = site.connection;
  const at = { path: 'connection_point.control_margin', subject: GRID };
  const root = site.nodes[0];
  const tolerates = (root?.curve.points[0]?.ratio ?? 1) * (root?.curve.rating_A ?? 0);
  const worst_A = c.import_A * (1 - c.control_margin) * (1 + UNSEEN_INSTANT);
  const margin = `${(100 * c.control_margin).toFixed(0)} %`;
  const seen = `unseen meter error ${100 * UNSEEN_INSTANT} % instant, ${100 * UNSEEN_ENERGY} % energy`;
  if (c.control_margin >= UNSEEN_INSTANT || worst_A <= tolerates) {
    const text = `control margin ${margin}, ${seen}; worst ${worst_A.toFixed(0)} A, curve carries ${tolerates.toFixed(0)} A`;
    out.push(finding('note', 'control-margin', at, text, 'none needed'));
  } else {
    const text = `control margin ${margin} is below the ${seen}, and the curve does not carry ${worst_A.toFixed(0)} A`;
    const fix = `raise control_margin to ${UNSEEN_INSTANT} or declare the breaker's real rating`;
    out.push(finding('error', 'control-margin', at, text, fix));
  }
  out.push(...energyCheck(site, catalogue));
  for (const node of site.nodes) {
    const has = site.lines.some((l) => isUnder(site, node.id, l.node) || l.node === node.id);
    if (has) continue;
    const where = { path: node.path, subject: node.id };
    const text = `no watchdog line covers node ${node.id}`;
    out.push(finding('warning', 'node-without-line', where, text, 'declare a line for it'));
  }
  return out;
}

/** Without a register of imported energy nothing contradicts a power that reads a little low. */
function energyCheck(site: Site, catalogue: DeviceCatalogue): readonly Finding[] {
  const { gridMeter } = site;
  if (catalogue(gridMeter.profile)?.countsEnergy !== false) return [];
  const at = { path: `${gridMeter.path}.profile`, subject: gridMeter.id };
  const text = `profile "${gridMeter.profile}" has no energy register: there is no ten-minute energy check, and a power that reads a few percent low is carried by margin and curve alone`;
  return [
    finding('note', 'no-energy-check', at, text, 'use a grid meter that counts imported energy'),
  ];
}
