/** Contradictions between values that are each well formed. */
import { type Finding, finding } from './findings';
import type { SiteFile } from './siteFile';
import { GRID } from './types';

/** Whether the machine knows a time zone by its IANA name. */
export type IsTimeZone = (name: string) => boolean;

type Wrong = (path: string, subject: string, text: string, fix: string) => void;

/** Adds a finding for each contradiction; the file is refused for any. Pure over its arguments. */
export function relations(file: SiteFile, out: Finding[], isTimeZone: IsTimeZone): void {
  const wrong: Wrong = (path, subject, text, fix) => {
    out.push(finding('error', 'contradiction', { path, subject }, text, fix));
  };
  curves(file, wrong);
  place(file, wrong, isTimeZone);
  operatorSignal(file, wrong);
  secrets(file, out);
  names(file, out);
  buses(file, wrong);
  file.stations.forEach((s, i) => {
    if (s.static_A > s.max_A) {
      const text = `static_A ${s.static_A} A is above max_A ${s.max_A} A`;
      wrong(`stations[${i}].static_A`, s.id, text, 'a safe static limit is at most the rating');
    }
    if (s.cut.value_A > s.max_A) {
      wrong(`stations[${i}].cut.value_A`, s.id, 'the cut value is above max_A', 'lower value_A');
    }
  });
  file.bess.forEach((b, i) => {
    if (b.expiry_min_W > b.expiry_max_W) {
      wrong(`bess[${i}].expiry_min_W`, b.id, 'expiry_min_W is above expiry_max_W', 'swap them');
    }
    if (b.soc_min >= b.soc_max) {
      const text = `soc_min ${b.soc_min} is not below soc_max ${b.soc_max}`;
      wrong(`bess[${i}].soc_min`, b.id, text, 'lower soc_min or raise soc_max');
    }
    if (b.soc_reserve > b.soc_max) {
      const text = `soc_reserve ${b.soc_reserve} is above soc_max ${b.soc_max}: there is never energy to give`;
      wrong(`bess[${i}].soc_reserve`, b.id, text, 'lower soc_reserve or raise soc_max');
    }
  });
  file.pv.forEach((p, i) => {
    for (const key of ['expiry_W', 'power_on_W'] as const) {
      const value = p[key] ?? 0;
      if (value <= p.rated_W) continue;
      const text = `${key} ${value} W is above rated_W ${p.rated_W} W`;
      const fix = 'correct one of them: nothing gives more than its rating';
      wrong(`pv[${i}].${key}`, p.id, text, fix);
    }
  });
}

/** The zone by whose clock is planned, and a smallest base load that is none: it would hide export. */
function place(file: SiteFile, wrong: Wrong, isTimeZone: IsTimeZone): void {
  if (!isTimeZone(file.site.timezone)) {
    const text = `"${file.site.timezone}" is no time zone`;
    wrong('site.timezone', file.site.id, text, 'write its IANA name, such as Europe/Paris');
  }
  const { base_load_max_A, base_load_min_W, base_load_step_A, nominal_V } = file.connection_point;
  const most_A = file.circuits.reduce((sum, c) => sum + c.base_load_max_A, base_load_max_A);
  if (base_load_step_A > most_A) {
    const text = `base_load_step_A ${base_load_step_A} A is above the greatest base load, ${most_A} A per phase`;
    const fix = `lower base_load_step_A to ${most_A} A or less, or declare the base load that steps`;
    wrong('connection_point.base_load_step_A', GRID, text, fix);
  }
  const most_W = 3 * nominal_V * most_A;
  if (base_load_min_W <= most_W) return;
  const text = `base_load_min_W ${base_load_min_W} W is above the greatest base load, ${most_A} A per phase (${Math.round(most_W)} W)`;
  const fix = 'lower base_load_min_W: it is what flows at least, around the clock';
  wrong('connection_point.base_load_min_W', GRID, text, fix);
}

/** The file is signed, copied and shown: what lies in it is known to many. */
function secrets(file: SiteFile, out: Finding[]): void {
  file.uplinks.forEach((u, i) => {
    if (!/^[a-z]+:\/\/[^/?#]*@/.test(u.url)) return;
    const at = { path: `uplinks[${i}].url`, subject: u.id };
    const text = 'a login in the address: a secret in a signed file that is copied and shown';
    const fix = 'take it out; write USER PASSWORD into broker-login in the state folder, mode 0600';
    out.push(finding('error', 'secret-in-file', at, text, fix));
  });
}

/** Ids that a command line takes for something else. */
const KEYWORDS: ReadonlyMap<string, string> = new Map([['plan', 'holdfast why plan']]);

function names(file: SiteFile, out: Finding[]): void {
  file.stations.forEach((s, i) => {
    const command = KEYWORDS.get(s.id);
    if (command === undefined) return;
    const at = { path: `stations[${i}].id`, subject: s.id };
    const text = `"${s.id}" is a word of its own in "${command}": nobody can ask for this station`;
    out.push(finding('warning', 'reserved-id', at, text, 'choose another id'));
  });
}

/** A lost signal needs a value that holds then; nothing else may be taken for it. */
function operatorSignal(file: SiteFile, wrong: Wrong): void {
  const { operator, operator_fail_safe_W } = file.connection_point;
  if (operator === undefined || operator_fail_safe_W !== undefined) return;
  const text = 'a signal of the grid operator without a fail-safe limit';
  const fix = 'add operator_fail_safe_W: the limit that holds when the signal is lost';
  wrong('connection_point.operator', GRID, text, fix);
}

/** Points rise in ratio and fall in time, and no limit lies above its breaker's rating. */
function curves(file: SiteFile, wrong: Wrong): void {
  const all = [
    { id: GRID, path: 'connection_point', ...file.connection_point },
    ...file.circuits.map((c, i) => ({ ...c, path: `circuits[${i}]` })),
  ];
  for (const { id, path, import_A, curve } of all) {
    if (import_A > curve.rating_A) {
      const text = `limit ${import_A} A is above the rating ${curve.rating_A} A of its breaker`;
      wrong(`${path}.import_A`, id, text, `lower import_A to ${curve.rating_A} A or less`);
    }
    const { points } = curve;
    if (points === undefined) continue;
    if (curve.preset !== undefined) {
      wrong(`${path}.curve`, id, 'both a preset and points are given', 'keep one of them');
    }
    if (points.length === 0) wrong(`${path}.curve.points`, id, 'no point at all', 'give a preset');
    points.forEach((p, i) => {
      const before = points[i - 1];
      if (before === undefined || (p.ratio > before.ratio && p.hold_s <= before.hold_s)) return;
      const text = `point ${p.ratio} In / ${p.hold_s} s follows ${before.ratio} In / ${before.hold_s} s`;
      const fix = 'sort the points: rising in ratio, falling in hold_s';
      wrong(`${path}.curve.points[${i}]`, id, text, fix);
    });
  }
}

/** Each bus can be opened and each device on it has an address of its own. */
function buses(file: SiteFile, wrong: Wrong): void {
  file.buses.forEach((b, i) => {
    if (b.kind === 'rtu' && b.port === undefined) {
      wrong(`buses[${i}]`, b.id, 'an rtu bus needs a port', 'add port: /dev/serial/by-id/…');
    }
  });
  const units = new Map<string, string>();
  for (const kind of ['meters', 'bess', 'pv'] as const) {
    file[kind].forEach((d, i) => {
      const path = `${kind}[${i}]`;
      const bus = file.buses.find((b) => b.id === d.bus);
      if (bus?.kind === 'tcp' && d.host === undefined) {
        wrong(path, d.id, `${d.bus} is a tcp bus and ${d.id} has no host`, 'add host: ADDRESS:502');
      }
      if (bus?.kind === 'rtu' && d.host !== undefined) {
        wrong(`${path}.host`, d.id, `${d.bus} is an rtu bus: a host has no meaning`, 'remove host');
      }
      const key = `${d.bus}/${d.host ?? ''}/${d.unit}`;
      const other = units.get(key);
      if (other !== undefined) {
        const fix = 'give each device its own unit id';
        wrong(`${path}.unit`, d.id, `unit ${d.unit} on ${d.bus} is also used by ${other}`, fix);
      }
      units.set(key, d.id);
    });
  }
}
