/** "Why is station 3 at 9 kW?" in one answer, from the snapshot. Pure. */
import type { SiteSnapshot } from './snapshot';

/** One line per reason, most binding first; undefined when there is no such station. */
export function explainStation(snapshot: SiteSnapshot, id: string): readonly string[] | undefined {
  const s = snapshot.stations.find((x) => x.id === id);
  if (s === undefined) return undefined;
  const kW = (s.limit_A * s.phases * 230) / 1000;
  const drawn = s.power_W === undefined ? 'unknown power' : `${(s.power_W / 1000).toFixed(1)} kW`;
  const held =
    s.leaseLeft_s === undefined
      ? `its safe static limit, which holds without us`
      : `a lease that ends by itself in ${s.leaseLeft_s.toFixed(0)} s; then ${s.static_A} A holds`;
  const lines = [
    `${s.id} may draw ${s.limit_A.toFixed(1)} A (${kW.toFixed(1)} kW), draws ${drawn}; it is ${held}.`,
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
