/** "Why is station 3 at 9 kW?" in one answer, from the snapshot. Pure. */
import type { SiteSnapshot } from './snapshot';

/** One line per reason, most binding first; undefined when there is no such station. */
export function explainStation(snapshot: SiteSnapshot, id: string): readonly string[] | undefined {
  const s = snapshot.stations.find((x) => x.id === id);
  if (s === undefined) return undefined;
  const power_kW = (s.limit_A * s.phases * snapshot.nominal_V) / 1000;
  const drawn = s.power_W === undefined ? 'unknown power' : `${(s.power_W / 1000).toFixed(1)} kW`;
  const held =
    s.leaseLeft_s === undefined
      ? `its safe static limit, which holds without us`
      : `a lease that ends by itself in ${s.leaseLeft_s.toFixed(0)} s; then ${s.static_A} A holds`;
  const lines = [
    `${s.id} may draw ${s.limit_A.toFixed(1)} A (${power_kW.toFixed(1)} kW), draws ${drawn}; it is ${held}.`,
  ];
  for (const r of s.reasons) {
    const age = r.age_ms === undefined ? '' : `, evidence ${(r.age_ms / 1000).toFixed(1)} s old`;
    lines.push(`- ${r.text} (source: ${r.source}, at ${r.at}${age})`);
  }
  if (s.reasons.length === 0) lines.push('- nothing binds: it is at its own rating');
  if (snapshot.supportCap_W > 0) {
    const cap = (snapshot.supportCap_W / 1000).toFixed(1);
    const cost = (snapshot.capCost_W / 1000).toFixed(1);
    lines.push(
      `- support above the grid limit is capped at ${cap} kW by N-1; that costs ${cost} kW now`,
    );
  }
  lines.push(
    `mode ${snapshot.mode} (${snapshot.modeWhy}); declared reaction time ${snapshot.reaction_s.toFixed(1)} s`,
  );
  return lines;
}

/** The plan for the battery in lines; undefined where nothing is planned. Pure. */
export function explainPlan(snapshot: SiteSnapshot): readonly string[] | undefined {
  const { plan } = snapshot;
  if (plan === undefined) return undefined;
  const share = (v: number | undefined): string =>
    v === undefined ? '?' : `${(100 * v).toFixed(0)} %`;
  const lines = [`plan: ${plan.text}`];
  if (plan.mode !== 'none') {
    const peak = plan.peakTarget_W === undefined ? '' : `, peak target ${kW(plan.peakTarget_W)} kW`;
    const left = plan.left_s === undefined ? '' : `, ends in ${(plan.left_s / 60).toFixed(0)} min`;
    lines.push(
      `- mode ${plan.mode}, use down to ${share(plan.socMin)}, store up to ${share(plan.socMax)}${peak}${left}`,
    );
  }
  if (plan.priceCheck !== '') lines.push(`- ${plan.priceCheck}`);
  for (const text of [...plan.findings, ...plan.review]) lines.push(`- ${text}`);
  for (const s of snapshot.storage) {
    for (const r of s.reasons) lines.push(`- ${s.id}: ${r.text} (source: ${r.source})`);
  }
  return lines;
}

const kW = (w: number): string => (w / 1000).toFixed(1);
