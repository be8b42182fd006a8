/**
 * Order of lease ends (SAFETY.md "Leases") and the flash budget, decided from the site file.
 *
 * end(BESS charge) + stop <= first moment a station may rise to its floor, and
 * end(each raised station) + reaction <= end(BESS discharge). Renewal happens at TTL/3, so a lease
 * has at least two thirds of its TTL left at any healthy moment.
 */
import type { DeviceCatalogue } from './catalogue';
import { type Finding, finding } from './findings';
import { declaredReaction } from './reaction';
import { GRID, type Site, type Station } from './types';

const SECONDS_PER_YEAR = 365 * 24 * 3600;
/** A public station is raised above its floor for at most this share of the year. */
const RAISED_SHARE = 0.35;

/** TTL of a station's lease: at least three of its renew intervals. ms. Pure. */
export const stationTtl_ms = (site: Pick<Site, 'leases'>, station: Station): number =>
  1000 * Math.max(site.leases.station_ttl_s, 3 * station.lease.min_renew_s);

/** Whether the order lets stations use BESS support above the import limit. Pure. */
export function supportAllowed(site: Site, catalogue: DeviceCatalogue): boolean {
  return leaseFindings(site, catalogue).every((f) => f.code !== 'lease-order-discharge');
}

/** Findings on lease order, leases that are not honoured, and profile writes a year. Pure. */
export function leaseFindings(site: Site, catalogue: DeviceCatalogue): readonly Finding[] {
  return [
    ...orderFindings(site, catalogue),
    ...deviceFindings(site, catalogue),
    ...site.stations.flatMap((s) => flash(site, s)),
  ];
}

/** Leases whose end is not where the loop believes it to be: on the device. Pure. */
function deviceFindings(site: Site, catalogue: DeviceCatalogue): readonly Finding[] {
  const out: Finding[] = [];
  const { bess_charge_ttl_s, bess_discharge_ttl_s } = site.leases;
  const asked = [
    ...site.bess.map((b) => {
      const discharge_s = b.lease_s ?? bess_discharge_ttl_s;
      return { device: b, least_s: Math.min(bess_charge_ttl_s, discharge_s) };
    }),
    ...site.pv.map((p) => ({ device: p, least_s: bess_discharge_ttl_s })),
  ];
  for (const { device, least_s } of asked) {
    const lease = catalogue(device.profile)?.lease;
    if (lease === undefined || lease === 'none') continue;
    const at = { path: device.path, subject: device.id };
    if (lease.fedByReads === true) {
      const text = `reads restart the timer of profile "${device.profile}": a controller that hangs but still polls each second keeps a setpoint alive beyond its ${least_s} s`;
      const fix =
        'the watchdog line still acts; prefer a device whose timer only a write restarts, or declare its expiry values as if the setpoint never ended';
      out.push(finding('warning', 'lease-fed-by-reads', at, text, fix));
    }
    if (lease.min_s > least_s) {
      const more_s = lease.min_s - least_s;
      const text = `the device holds a setpoint for at least ${lease.min_s} s, the shortest lease is ${least_s} s: it would act on for ${more_s} s after its lease has ended, so it gets no setpoint`;
      const fix = `raise the leases to at least ${lease.min_s} s, or choose a device with a shorter timer`;
      out.push(finding('warning', 'lease-longer-on-device', at, text, fix));
    }
  }
  return out;
}

function orderFindings(site: Site, catalogue: DeviceCatalogue): readonly Finding[] {
  const out: Finding[] = [];
  const reaction_s = declaredReaction(site, GRID, catalogue).reaction_ms / 1000;
  const stationTtl_s = Math.max(0, ...site.stations.map((s) => stationTtl_ms(site, s) / 1000));
  for (const b of site.bess) {
    const facts = catalogue(b.profile);
    const at = { path: b.path, subject: b.id };
    if (facts?.lease === 'none') {
      const text = `profile "${b.profile}" has no lease: the BESS gets no dynamic setpoints`;
      const fix = 'nothing to mend here; support above the import limit is 0';
      out.push(finding('warning', 'no-lease', at, text, fix));
      continue;
    }
    const discharge_s = b.lease_s ?? site.leases.bess_discharge_ttl_s;
    const key = b.lease_s === undefined ? 'leases.bess_discharge_ttl_s' : 'its lease_s';
    const left_s = (discharge_s * 2) / 3;
    if (stationTtl_s + reaction_s > left_s) {
      const sum = `${stationTtl_s} s station lease + ${reaction_s.toFixed(1)} s reaction`;
      const text = `${sum} > ${left_s.toFixed(0)} s left of the discharge lease at renewal: support above the import limit stays 0`;
      const fix = `raise ${key} to at least ${Math.ceil((stationTtl_s + reaction_s) * 1.5)}`;
      out.push(finding('warning', 'lease-order-discharge', at, text, fix));
    }
    const charge_s = site.leases.bess_charge_ttl_s;
    if (charge_s + b.reaction_s > (stationTtl_s * 2) / 3 && site.stations.length > 0) {
      const text = `charge lease ${charge_s} s + stop ${b.reaction_s} s outlasts the earliest end of a station lease`;
      const fix = 'shorten leases.bess_charge_ttl_s or lengthen leases.station_ttl_s';
      out.push(finding('error', 'lease-order-charge', at, text, fix));
    }
    if (facts === undefined) continue;
    for (const [name, ttl_s] of [
      ['leases.bess_charge_ttl_s', charge_s],
      [key, discharge_s],
    ] as const) {
      if (ttl_s >= facts.lease.min_s && ttl_s <= facts.lease.max_s) continue;
      const text = `${name} ${ttl_s} s is outside the device's ${facts.lease.min_s}..${facts.lease.max_s} s`;
      out.push(finding('error', 'lease-range', at, text, `choose ${name} inside the range`));
    }
  }
  return out;
}

function flash(site: Site, s: Station): readonly Finding[] {
  const at = { path: `${s.path}.lease`, subject: s.id };
  if (!s.lease.honours_duration) {
    const text = 'the model does not fall back by itself: it is never raised above its floor';
    return [
      finding('warning', 'lease-not-honoured', at, text, 'use a model that honours duration'),
    ];
  }
  if (s.lease.storage === 'ram') {
    if (s.lease.storage_source !== undefined) return [];
    const text = 'storage: ram is declared without a source';
    const fix = 'add storage_source: the manual and page, or the self-test, that shows it';
    return [finding('warning', 'ram-without-source', at, text, fix)];
  }
  const renew_s = stationTtl_ms(site, s) / 3000;
  const writes = Math.round((SECONDS_PER_YEAR * RAISED_SHARE) / renew_s);
  if (writes <= s.lease.writes_per_year_max) return [];
  const text = `${writes} profile writes a year into flash (renewed every ${renew_s.toFixed(0)} s), budget ${s.lease.writes_per_year_max}`;
  const fix = 'lease in RAM where declared and sourced, a longer TTL, or static limit + line';
  return [
    finding('warning', 'flash-budget', at, text, `${fix}; until then it is held at static_A`),
  ];
}

/** Whether a station may be raised above its floor at all. Pure. */
export const raisable = (site: Site, s: Station): boolean =>
  flash(site, s).every((f) => f.code === 'ram-without-source');
