/**
 * The static plan: what every node carries when nothing is controlled any more, in both directions
 * (SAFETY.md "Static plan"). It is the fall-back of the whole product, so every term is the
 * worst terminal state: floor active, silent, rebooted without a clock, line open.
 */
import { mapPhases, PHASES, type ThreePhase } from '../units';
import { type Finding, finding } from './findings';
import { isUnder } from './tree';
import { type CircuitNode, GRID, type Pv, type Site, type Station } from './types';

/** W to A in the static plan uses 0.9 Un; VA uses 1.1 Un (SAFETY.md "Terms"). */
const LOW_VOLTAGE = 0.9;
const HIGH_VOLTAGE = 1.1;
const FAIL_SAFE = 'grid-operator fail-safe limit';

export interface PlanRow {
  readonly node: string;
  readonly direction: 'import' | 'export';
  readonly unit: 'A' | 'VA' | 'W';
  readonly phase?: string;
  readonly load: number;
  readonly limit: number;
  readonly parts: string;
}

/**
 * Greatest current per phase, A, that a station draws in any terminal state. A station on a
 * watchdog
 * line is held by its cut input while we are dead; any other may restart at its measured pre-boot
 * current (rated if not measured), capped by the installer's cap.
 */
export function terminalDraw_A(station: Station): number {
  const cap = station.installer_cap_A ?? station.max_A;
  const held = station.line !== undefined && station.cut.via !== 'none';
  const uncut = held ? 0 : Math.min(cap, station.pre_boot_A ?? station.max_A);
  const floor = station.lease.honours_duration ? station.static_A : Math.min(cap, station.max_A);
  const open = station.cut.via === 'none' ? 0 : station.cut.value_A;
  return Math.max(held ? Math.min(floor, cap) : floor, uncut, held ? open : 0, station.static_A);
}

/** Current of a station on L1, L2, L3, given A per wired phase. Pure. */
export function onPhases_A(station: Station, current_A: number): ThreePhase<number> {
  return mapPhases([0, 0, 0], (_, i) => (station.wiring.includes(PHASES[i]) ? current_A : 0));
}

/** All rows of the plan, import and export, one for each bound. Pure. */
export function staticPlan(site: Site): readonly PlanRow[] {
  return [...site.nodes.flatMap((node) => importRows(site, node)), ...exportRows(site, atExpiry_W)];
}

/** Greatest power of an inverter, W, in one state of the site. */
type Sun = (pv: Pv) => number;
const atExpiry_W: Sun = (p) => Math.min(p.expiry_W, p.rated_W);

/** Before its first lease an inverter gives what it likes, up to a limit that is stored in it, W. */
const withoutLease_W: Sun = (p) => Math.max(atExpiry_W(p), p.power_on_W ?? p.rated_W);

/**
 * The rows of export that hold at the expiry values and not as long as no lease was ever given:
 * after an inverter or the gateway has started, or while nothing reaches the inverter. Pure.
 */
export const coldExport = (site: Site): readonly PlanRow[] => {
  const fits = exportRows(site, atExpiry_W).map((r) => !exceeds(r));
  return exportRows(site, withoutLease_W).filter((r, i) => exceeds(r) && fits[i] !== false);
};

const exceeds = (row: PlanRow): boolean => row.load > row.limit + 1e-9;

const exportRows = (site: Site, sun: Sun): readonly PlanRow[] => [
  exportRow(site, sun),
  ...site.nodes.flatMap((node) => reverseRows(site, node, sun)),
];

function importRows(site: Site, node: CircuitNode): readonly PlanRow[] {
  const volts = site.nominal_V;
  const stations = site.stations.filter((s) => isUnder(site, s.node, node.id));
  const base_A = site.nodes
    .filter((n) => isUnder(site, n.id, node.id))
    .reduce((sum, n) => sum + n.baseLoadMax_A, 0);
  const bess_W = site.bess
    .filter((b) => isUnder(site, b.node, node.id))
    .reduce((sum, b) => sum + Math.max(0, -b.expiry_min_W) + b.auxiliary_W, 0);
  const bess_A = bess_W / (3 * volts * LOW_VOLTAGE);
  const drawn = mapPhases([0, 0, 0], (_, i) =>
    stations.reduce((sum, s) => sum + onPhases_A(s, terminalDraw_A(s))[i], 0),
  );
  const total = mapPhases(drawn, (a) => a + base_A + bess_A);
  const parts = `stations ${fmt(Math.max(...drawn))} A + base ${fmt(base_A)} A + BESS ${fmt(bess_A)} A`;
  const rows: PlanRow[] = PHASES.map((phase, i) => ({
    node: node.id,
    direction: 'import',
    unit: 'A',
    phase,
    load: total[i] ?? 0,
    limit: node.import_A,
    parts,
  }));
  if (node.apparent_VA !== undefined) {
    const load = (total[0] + total[1] + total[2]) * volts * HIGH_VOLTAGE;
    const text = `${parts}, at ${fmt(volts * HIGH_VOLTAGE)} V`;
    rows.push({
      node: node.id,
      direction: 'import',
      unit: 'VA',
      load,
      limit: node.apparent_VA,
      parts: text,
    });
  }
  const whole_W = (total[0] + total[1] + total[2]) * volts * HIGH_VOLTAGE;
  const power = (limit: number | undefined, what: string): void => {
    if (node.id !== GRID || limit === undefined) return;
    const text = `${parts}; ${what}`;
    rows.push({ node: node.id, direction: 'import', unit: 'W', load: whole_W, limit, parts: text });
  };
  power(site.connection.operator_fail_safe_W, FAIL_SAFE);
  power(site.connection.contract_10min_W, 'averaged contract');
  rows.push(...unbalanceRows(site, node, stations), ...busbarRows(node, total, parts));
  return rows;
}

/**
 * Vehicles on one or two phases load the first phases of their station: p without q wherever p
 * comes before q. That is the worst difference, and the worst neutral current, that remains.
 */
function unbalanceRows(
  site: Site,
  node: CircuitNode,
  stations: readonly Station[],
): readonly PlanRow[] {
  const unbalance_A = node.id === GRID ? site.connection.unbalance_A : undefined;
  const limit = Math.min(unbalance_A ?? Infinity, node.neutral_A ?? Infinity);
  if (!Number.isFinite(limit)) return [];
  let worst = { load: 0, pair: '' };
  for (const p of PHASES) {
    for (const q of PHASES) {
      const before = stations.filter((s) => {
        const [at, other] = [s.wiring.indexOf(p), s.wiring.indexOf(q)];
        return at >= 0 && (other < 0 || at < other);
      });
      const load = before.reduce((sum, s) => sum + terminalDraw_A(s), 0);
      if (p !== q && load > worst.load) worst = { load, pair: `${p} over ${q}` };
    }
  }
  const parts = `difference of phases and neutral: stations whose vehicles load ${worst.pair}`;
  return [{ node: node.id, direction: 'import', unit: 'A', load: worst.load, limit, parts }];
}

function busbarRows(node: CircuitNode, total: ThreePhase<number>, parts: string): PlanRow[] {
  const { busbar_A: limit } = node;
  if (limit === undefined) return [];
  const load = Math.max(...total);
  const text = `${parts}; gross flow of the busbar`;
  return [{ node: node.id, direction: 'import', unit: 'A', load, limit, parts: text }];
}

function exportRow(site: Site, sun: Sun): PlanRow {
  const pv = site.pv.reduce((sum, p) => sum + sun(p), 0);
  const bess = site.bess.reduce((sum, b) => sum + Math.max(0, b.expiry_max_W), 0);
  const base = site.connection.base_load_min_W;
  return {
    node: GRID,
    direction: 'export',
    unit: 'W',
    load: Math.max(0, pv + bess - base),
    limit: site.connection.export_W,
    parts: `PV ${fmt(pv)} W + BESS ${fmt(bess)} W - smallest base load ${fmt(base)} W`,
  };
}

/** Sources below a node carry current through it against the loads: the same conductors, the same limit. */
function reverseRows(site: Site, node: CircuitNode, sun: Sun): readonly PlanRow[] {
  const below = <T extends { readonly node: string }>(all: readonly T[]): readonly T[] =>
    all.filter((d) => isUnder(site, d.node, node.id));
  const pv = below(site.pv).reduce((sum, p) => sum + sun(p), 0);
  const bess = below(site.bess).reduce((sum, b) => sum + Math.max(0, b.expiry_max_W), 0);
  if (below(site.pv).length === 0 && bess === 0) return [];
  return [
    {
      node: node.id,
      direction: 'export',
      unit: 'A',
      load: (pv + bess) / (3 * site.nominal_V * LOW_VOLTAGE),
      limit: Math.min(node.import_A, node.busbar_A ?? Infinity),
      parts: `PV ${fmt(pv)} W + BESS ${fmt(bess)} W, at ${fmt(site.nominal_V * LOW_VOLTAGE)} V`,
    },
  ];
}

const fmt = (value: number): string => (Math.round(value * 10) / 10).toString();
/** What has to go: rounded down it would not be enough. */
const fmtUp = (value: number): string => (Math.ceil(value * 10 - 1e-6) / 10).toString();

/** Findings of the plan: rows over their limit, and stations whose floor is of no use. Pure. */
export function staticPlanFindings(site: Site): readonly Finding[] {
  const out: Finding[] = [];
  for (const row of staticPlan(site)) {
    if (!exceeds(row)) continue;
    const node = site.nodes.find((n) => n.id === row.node);
    const at = { path: node?.path ?? 'connection_point', subject: row.node };
    // A load that is over by less than a digit must not read as if it were not.
    const fine = fmt(row.load) === fmt(row.limit) ? (v: number): string => v.toFixed(3) : fmt;
    const over = `${fine(row.load)} ${row.unit} > limit ${fine(row.limit)} ${row.unit}`;
    const phase = row.phase === undefined ? '' : ` on ${row.phase}`;
    const text = `static plan, ${row.direction}${phase}: ${over} (${row.parts})`;
    out.push(finding('error', `static-plan-${row.direction}`, at, text, mend(row, site)));
  }
  out.push(...operatorFindings(site));
  for (const s of site.stations) out.push(...stationFindings(s, site.nominal_V));
  return out;
}

/** A contact cannot lower the site below what it draws when nothing is controlled any more. */
function operatorFindings(site: Site): readonly Finding[] {
  const least = staticPlan(site).find(
    (r) => r.unit === 'W' && r.direction === 'import' && r.parts.includes(FAIL_SAFE),
  );
  return (site.connection.operator?.inputs ?? []).flatMap((input, i) => {
    if (least === undefined || input.limit_W >= least.load) return [];
    const path = `connection_point.operator.inputs[${i}].limit_W`;
    const text = `${fmt(input.limit_W)} W is below the static plan (${fmt(least.load)} W at worst): the site may stay above it`;
    const fix = 'lower static_A of the stations, or agree on a higher limit with the grid operator';
    return [finding('warning', 'operator-below-static', { path, subject: GRID }, text, fix)];
  });
}

function mend(row: PlanRow, site: Site): string {
  const excess = row.load - row.limit;
  if (row.direction === 'export') {
    const watts = row.unit === 'A' ? excess * 3 * site.nominal_V * LOW_VOLTAGE : excess;
    return `lower expiry_W of PV or expiry_max_W of the BESS by ${fmtUp(watts)} W in all`;
  }
  const under = site.stations.filter((s) => isUnder(site, s.node, row.node));
  const loose = under.filter((s) => terminalDraw_A(s) > s.static_A);
  if (loose.length > 0) {
    const names = loose.slice(0, 4).map((s) => s.id);
    return `${names.join(', ')} count above static_A: give them a watchdog line with a cut input, a lease that is honoured, or an installer cap`;
  }
  const share_A = row.unit === 'A' ? excess : excess / (3 * site.nominal_V * HIGH_VOLTAGE);
  const each_A = share_A / under.length;
  // Not for one station: then the base load or the BESS alone is too much.
  if (!under.some((s) => s.static_A >= each_A)) {
    return `lower the declared base load by ${fmtUp(share_A)} A per phase: the stations below draw less than that`;
  }
  return `lower static_A of the ${under.length} stations below by ${fmtUp(each_A)} A each, or the declared base load`;
}

function stationFindings(s: Station, nominal_V: number): readonly Finding[] {
  const out: Finding[] = [];
  const at = { path: `${s.path}.static_A`, subject: s.id };
  if (s.kind === 'ac' && s.static_A < s.min_start_A) {
    const text = `safe static limit ${s.static_A} A is below min_start_A ${s.min_start_A} A: no driver charges in static mode`;
    const fix = `raise static_A to ${s.min_start_A} A (8 to 10 A for public AC) or accept the pause`;
    out.push(finding('warning', 'static-below-start', at, text, fix));
  }
  const static_W = s.static_A * nominal_V * s.wiring.length;
  if (s.kind === 'dc' && static_W < s.min_W) {
    const text = `safe static limit ${fmt(static_W)} W is below min_W ${s.min_W} W`;
    out.push(finding('warning', 'static-below-start', at, text, 'raise static_A'));
  }
  if (s.cut.via !== 'none' && s.cut.active !== 'open') {
    const cutAt = { path: `${s.path}.cut.active`, subject: s.id };
    const text = `the cut input acts when ${s.cut.active}: a wire break does not limit the station`;
    out.push(finding('warning', 'cut-not-wire-break-safe', cutAt, text, 'add loop supervision'));
  }
  if (s.cut.via === 'none' || s.line === undefined) {
    const text = 'no watchdog line reaches this station: it counts at its worst terminal state';
    const fix = 'wire a cut input and name its line';
    out.push(finding('warning', 'no-line', { path: s.path, subject: s.id }, text, fix));
  }
  return out;
}
