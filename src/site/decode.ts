import { PHASES, type Phase } from '../units';
import { type Curve, type CurvePreset, presetCurve } from './curve';
import { type Finding, finding } from './findings';
import type { Plain } from './schema';
import { siteFile, type SiteFile } from './siteFile';
import { type IsTimeZone, relations } from './relations';
import { type CircuitNode, GRID, type Site, type Station } from './types';

/** Either a site or the reasons why there is none; never a half of it. */
export type DecodedSite =
  | { readonly ok: true; readonly site: Site; readonly findings: readonly Finding[] }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/**
 * Decodes a plain value (from YAML) into a site whose references all resolve.
 * Every defect is a finding with the path of the key; the whole file is refused on the first error
 * class that matters, so that nothing is half loaded. Whoever arms or signs the file says what a
 * time zone is; a process that reads it afterwards need not know. Pure over its arguments.
 */
export function decodeSite(value: Plain, isTimeZone: IsTimeZone = () => true): DecodedSite {
  const findings: Finding[] = [];
  const file = siteFile.decode(value, '', findings);
  if (file === undefined) return { ok: false, findings };
  const nodes = circuitTree(file, findings);
  uniqueIds(file, findings);
  references(file, new Set(nodes.map((n) => n.id)), findings);
  relations(file, findings, isTimeZone);
  const grid = file.meters.findIndex((m) => m.role === 'grid' && m.node === GRID);
  const gridMeter = file.meters[grid];
  if (gridMeter === undefined) {
    const at = { path: 'meters', subject: GRID };
    findings.push(
      finding('error', 'no-grid-meter', at, 'no meter has role grid at node grid', 'add one'),
    );
  }
  if (gridMeter === undefined || findings.some((f) => f.severity === 'error')) {
    return { ok: false, findings };
  }
  const located = <T>(items: readonly T[], key: string): readonly (T & { path: string })[] =>
    items.map((item, i) => ({ ...item, path: `${key}[${i}]` }));
  const site: Site = {
    id: file.site.id,
    name: file.site.name,
    timezone: file.site.timezone,
    nominal_V: file.connection_point.nominal_V,
    connection: file.connection_point,
    nodes,
    lines: located(file.lines, 'lines'),
    buses: located(file.buses, 'buses'),
    meters: located(file.meters, 'meters'),
    gridMeter: { ...gridMeter, path: `meters[${grid}]` },
    bess: located(file.bess, 'bess'),
    pv: located(file.pv, 'pv'),
    stations: located(file.stations, 'stations').map((s): Station => ({
      ...s,
      wiring: wiring(s.phases),
    })),
    leases: file.leases,
    drills: file.drills,
    uplinks: file.uplinks,
    ...(file.planning === undefined ? {} : { planning: file.planning }),
    ocpp: file.ocpp,
    ...(file.cpms === undefined ? {} : { cpms: file.cpms }),
    thirdParties: file.third_parties,
    acceptedRisks: file.accepted_risks,
  };
  return { ok: true, site, findings };
}

function wiring(phases: string): readonly Phase[] {
  return PHASES.filter((p) => phases.includes(p)).sort(
    (a, b) => phases.indexOf(a) - phases.indexOf(b),
  );
}

function curveOf(file: SiteFile['connection_point']['curve']): Curve {
  const cooling = file.cooling_s === undefined ? {} : { cooling_s: file.cooling_s };
  if (file.points !== undefined) {
    return { name: 'points', rating_A: file.rating_A, points: file.points, ...cooling };
  }
  const preset: CurvePreset = file.preset ?? 'iec60947-2';
  return { ...presetCurve(preset, file.rating_A), ...cooling };
}

function circuitTree(file: SiteFile, out: Finding[]): readonly CircuitNode[] {
  const c = file.connection_point;
  const root: CircuitNode = {
    id: GRID,
    path: 'connection_point',
    import_A: c.import_A,
    apparent_VA: c.apparent_VA * c.power_factor,
    export_W: c.export_W,
    curve: curveOf(c.curve),
    baseLoadMax_A: c.base_load_max_A,
    ...(c.neutral_A === undefined ? {} : { neutral_A: c.neutral_A }),
    ...(c.busbar_A === undefined ? {} : { busbar_A: c.busbar_A }),
  };
  const nodes: CircuitNode[] = [root];
  const waiting = file.circuits.map((circuit, i) => ({ circuit, path: `circuits[${i}]` }));
  for (let grown = true; grown;) {
    grown = false;
    for (const w of [...waiting]) {
      if (!nodes.some((n) => n.id === w.circuit.parent)) continue;
      waiting.splice(waiting.indexOf(w), 1);
      grown = true;
      const { curve, base_load_max_A, neutral_A, busbar_A, ...rest } = w.circuit;
      const neutral = neutral_A === undefined ? {} : { neutral_A };
      const more = { curve: curveOf(curve), baseLoadMax_A: base_load_max_A, path: w.path };
      const busbar = busbar_A === undefined ? {} : { busbar_A };
      nodes.push({ ...rest, ...neutral, ...busbar, ...more });
    }
  }
  for (const w of waiting) {
    const at = { path: `${w.path}.parent`, subject: w.circuit.id };
    const text = `parent "${w.circuit.parent}" is not a node above it`;
    out.push(finding('error', 'unknown-parent', at, text, 'use grid or a circuit, without a loop'));
  }
  return nodes;
}

function uniqueIds(file: SiteFile, out: Finding[]): void {
  const seen = new Map<string, string>([[GRID, 'connection_point']]);
  const kinds = [
    'circuits',
    'lines',
    'buses',
    'meters',
    'bess',
    'pv',
    'stations',
    'uplinks',
    'third_parties',
  ] as const;
  for (const kind of kinds) {
    file[kind].forEach(({ id }, i) => {
      const path = `${kind}[${i}].id`;
      const first = seen.get(id);
      if (first === undefined) seen.set(id, path);
      else {
        const text = `id "${id}" is already used by ${first}`;
        out.push(
          finding('error', 'duplicate-id', { path, subject: id }, text, 'choose another id'),
        );
      }
    });
  }
}

function references(file: SiteFile, nodes: ReadonlySet<string>, out: Finding[]): void {
  const need = (
    known: boolean,
    path: string,
    subject: string,
    what: string,
    list: string,
  ): void => {
    if (known) return;
    const fix = `known: ${list}`;
    out.push(
      finding('error', 'unknown-reference', { path, subject }, `${what} is not declared`, fix),
    );
  };
  const nodeList = [...nodes].join(', ');
  const buses = new Set(file.buses.map((b) => b.id));
  for (const kind of ['meters', 'bess', 'pv'] as const) {
    file[kind].forEach((d, i) => {
      need(nodes.has(d.node), `${kind}[${i}].node`, d.id, `node "${d.node}"`, nodeList);
      need(buses.has(d.bus), `${kind}[${i}].bus`, d.id, `bus "${d.bus}"`, [...buses].join(', '));
    });
  }
  const lines = new Set(file.lines.map((l) => l.id));
  file.stations.forEach((s, i) => {
    need(nodes.has(s.node), `stations[${i}].node`, s.id, `node "${s.node}"`, nodeList);
    if (s.line === undefined) return;
    need(lines.has(s.line), `stations[${i}].line`, s.id, `line "${s.line}"`, [...lines].join(', '));
  });
  file.lines.forEach((l, i) => {
    need(nodes.has(l.node), `lines[${i}].node`, l.id, `node "${l.node}"`, nodeList);
  });
}
