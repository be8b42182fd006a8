/**
 * The bus budget: how long one round of polls and writes takes on each RS-485 bus, also with k dead
 * devices, from the wire arithmetic alone (11 bits a character, t3.5; MODBUS over Serial Line
 * V1.02,
 * 2.5.1.1).
 */
import type { DeviceCatalogue } from './catalogue';
import { type Finding, finding } from './findings';
import type { Bus, Site } from './types';

const BITS_PER_CHARACTER = 11;
/** A dead device costs one probe per round: request, then this shortest response time-out. */
const PROBE_TIMEOUT_ms = 100;
/** The share of the bus that periodic work may take, so that retries and writes still fit. */
const SHARE_MAX = 0.7;

export interface BusBudget {
  readonly bus: string;
  /** ms of wire time that one second of polls and setpoints takes. */
  readonly load_ms_per_s: number;
  /** Longest time from one grid-meter poll to the next with k dead devices, ms. */
  readonly worstCycle_ms: number;
  readonly dead: number;
}

const charTime_ms = (baud: number): number => (BITS_PER_CHARACTER * 1000) / baud;
const t35_ms = (baud: number): number => (baud > 19_200 ? 1.75 : 3.5 * charTime_ms(baud));

/** Time of one transaction, ms: request, gap, turnaround, response, gap, and the adapter's delay. */
function transaction_ms(bus: Bus, requestBytes: number, responseBytes: number): number {
  const bytes = (requestBytes + responseBytes) * charTime_ms(bus.baud);
  return bytes + 2 * t35_ms(bus.baud) + bus.turnaround_ms + bus.latency_ms;
}

const read_ms = (bus: Bus, registers: number): number => transaction_ms(bus, 8, 5 + 2 * registers);
const write_ms = (bus: Bus, registers: number): number => transaction_ms(bus, 9 + 2 * registers, 8);

/** One entry for each RTU bus. Pure. */
export function busBudget(site: Site, catalogue: DeviceCatalogue): readonly BusBudget[] {
  return site.buses.filter((b) => b.kind === 'rtu').map((bus) => budgetOf(site, bus, catalogue));
}

function budgetOf(site: Site, bus: Bus, catalogue: DeviceCatalogue): BusBudget {
  let load = 0;
  let round = 0;
  const sum = (blocks: readonly number[], cost: (n: number) => number): number =>
    blocks.reduce((total, n) => total + cost(n), 0);
  for (const m of site.meters.filter((d) => d.bus === bus.id)) {
    const once = sum(catalogue(m.profile)?.blocks ?? [], (n) => read_ms(bus, n));
    load += (once * 1000) / m.poll_ms;
    round += once;
  }
  for (const d of [...site.bess, ...site.pv].filter((x) => x.bus === bus.id)) {
    const facts = catalogue(d.profile);
    const reads = sum(facts?.blocks ?? [], (n) => read_ms(bus, n));
    // A setpoint with its lease every third of the shortest TTL, each followed by a read-back.
    const writes = sum(facts?.writes ?? [], (n) => write_ms(bus, n) + read_ms(bus, n));
    load += reads + writes / (site.leases.bess_charge_ttl_s / 3);
    round += reads + writes;
  }
  const dead = bus.dead_devices_max * (transaction_ms(bus, 8, 0) + PROBE_TIMEOUT_ms);
  return {
    bus: bus.id,
    load_ms_per_s: load,
    worstCycle_ms: round + dead,
    dead: bus.dead_devices_max,
  };
}

/** Findings: unknown profiles and buses that cannot carry their polls. Pure. */
export function busFindings(site: Site, catalogue: DeviceCatalogue): readonly Finding[] {
  const out: Finding[] = [];
  for (const [kind, devices] of [
    ['meter', site.meters],
    ['bess', site.bess],
    ['pv', site.pv],
  ] as const) {
    for (const d of devices) {
      const facts = catalogue(d.profile);
      const at = { path: `${d.path}.profile`, subject: d.id };
      if (facts === undefined) {
        const text = `there is no device profile "${d.profile}"`;
        out.push(
          finding('error', 'unknown-profile', at, text, 'see src/device/profiles for the ids'),
        );
      } else if (d.id === site.gridMeter.id && (facts.lacks ?? []).length > 0) {
        const lacks = (facts.lacks ?? []).join(', ');
        const text = `profile "${d.profile}" does not measure ${lacks}: its reading is never complete, so nothing could ever be raised`;
        const fix = 'use a grid meter that measures power, current and voltage of each phase';
        out.push(finding('error', 'grid-meter-lacks', at, text, fix));
      } else if (d.id === site.gridMeter.id && facts.phasesInOneRead === false) {
        const text = `profile "${d.profile}" reads the phases in several frames: the supervisor has no evidence of one moment`;
        const fix = 'use a grid meter whose phase powers and currents come in one reply';
        out.push(finding('error', 'grid-meter-split', at, text, fix));
      } else if (facts.nature !== kind) {
        const text = `profile "${d.profile}" is a ${facts.nature}, not a ${kind}`;
        out.push(finding('error', 'wrong-nature', at, text, `move it or choose a ${kind} profile`));
      }
    }
  }
  for (const b of busBudget(site, catalogue)) {
    const path = site.buses.find((x) => x.id === b.bus)?.path ?? 'buses';
    const load = Math.round(b.load_ms_per_s);
    if (b.load_ms_per_s <= SHARE_MAX * 1000) continue;
    const text = `polls and writes take ${load} ms of each second, above ${SHARE_MAX * 1000} ms`;
    const fix = 'raise baud or poll_ms, or move devices to another bus';
    out.push(finding('error', 'bus-budget', { path, subject: b.bus }, text, fix));
  }
  return out;
}
