/** From a site to the things that run it: buses behind the guard, station configurations. */
import type { DeviceProfile } from '../device';
import type { GuardedDevice, ModbusGuard } from '../guard';
import { type Bus, type BusDevice, createBus, type FramePort, type PduCodec } from '../modbus';
import type { Mode } from '../model';
import type { StationConfig } from '../ocpp';
import type { Site, Station } from '../site';
import { stationTtl_ms } from '../site';
import type { Clock, Instant, Timers } from '../time';
import { amps, watts } from '../units';
import type { LineSetting, ToolLine } from './busLoan';

/** One engine per RTU bus, and one per host of a TCP bus. Pure. */
export const busKey = (device: {
  readonly bus: string;
  readonly host?: string | undefined;
}): string => (device.host === undefined ? device.bus : `${device.bus}/${device.host}`);

/** Longest pause between probes of a silent grid meter: its return is noticed within seconds. */
const GRID_BACKOFF_ms = 5000;
/** Longest pause between connections on which nothing valid was read; others may wait. */
const RETRY_MAX_ms = 60_000;

/** One physical connection that needs a frame port. */
export interface BusPlan {
  readonly key: string;
  readonly bus: Omit<Site['buses'][number], 'baud'> & { readonly baud: number };
  readonly host?: string;
  readonly devices: readonly Fielded[];
}
type Fielded = Site['meters'][number] | Site['bess'][number] | Site['pv'][number];

const isGridMeter = (d: Fielded): boolean => 'role' in d && d.role === 'grid';

/** How long a port of `plan` may wait before it connects again, ms. Pure. */
export const longestRetry_ms = (plan: BusPlan): number =>
  plan.devices.some(isGridMeter) ? GRID_BACKOFF_ms : RETRY_MAX_ms;

/** The connections of a site. Pure. */
export function busPlans(site: Site): readonly BusPlan[] {
  const plans = new Map<string, BusPlan>();
  for (const device of [...site.meters, ...site.bess, ...site.pv]) {
    const bus = site.buses.find((b) => b.id === device.bus);
    if (bus === undefined) continue;
    const key = busKey(device);
    const before = plans.get(key);
    const host = device.host === undefined ? {} : { host: device.host };
    plans.set(key, { key, bus, ...host, devices: [...(before?.devices ?? []), device] });
  }
  return [...plans.values()];
}

export interface BusAssembly {
  readonly plans: readonly BusPlan[];
  readonly guard: ModbusGuard;
  readonly codec: PduCodec;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly portFor: (plan: BusPlan) => FramePort;
  readonly mode: () => Mode;
  readonly onDenied: (device: string, text: string, now: Instant) => void;
  readonly onLink?: (key: string, open: boolean, text: string) => void;
}

/** Builds the engines; every request they send has passed the guard. */
export function assembleBuses(from: BusAssembly): ReadonlyMap<string, Bus> {
  return new Map(
    from.plans.map((plan): [string, Bus] => {
      const devices: BusDevice[] = plan.devices.map((d) => ({
        id: d.id,
        unit: d.unit,
        ...(isGridMeter(d) ? { backoffMax_ms: GRID_BACKOFF_ms } : {}),
        turnaround_ms: plan.bus.turnaround_ms + 100,
      }));
      const bus = guardedBus(from, plan, devices, (open, text) =>
        from.onLink?.(plan.key, open, text),
      );
      return [plan.key, bus];
    }),
  );
}

/** An engine whose every request is judged by the guard immediately before the wire. */
function guardedBus(
  from: BusAssembly,
  plan: BusPlan,
  devices: readonly BusDevice[],
  onLink: (open: boolean, text: string) => void,
): Bus {
  return createBus({
    port: from.portFor(plan),
    codec: from.codec,
    devices,
    clock: from.clock,
    timers: from.timers,
    judge: (unit, request, { device, source, now }) => {
      const question = { device, unit, source, request, mode: from.mode(), now };
      const verdict = from.guard.judge(question);
      if (verdict.allow) return verdict;
      from.onDenied(device, `${verdict.reason}: ${verdict.text}`, now);
      return { allow: false, reason: `${verdict.reason}: ${verdict.text}` };
    },
    onLink,
  });
}

/** The lines of a site as the console may use and lend them; `notYetStatic` as FieldDevices. */
export function toolLines(
  from: BusAssembly,
  buses: ReadonlyMap<string, Bus>,
  notYetStatic: (key: string, now: Instant) => string | undefined,
): readonly (ToolLine & { readonly port?: string })[] {
  return from.plans.flatMap((plan) => {
    const bus = buses.get(plan.key);
    if (bus === undefined) return [];
    const { baud, parity, port } = plan.bus;
    return {
      key: plan.key,
      bus,
      ...(plan.bus.kind === 'rtu' ? { own: { baud, parity } } : {}),
      ...(port === undefined ? {} : { port }),
      probe: (setting: LineSetting) =>
        // At other settings no device of the site is expected.
        guardedBus(
          from,
          { ...plan, devices: [], bus: { ...plan.bus, ...setting } },
          [],
          () => undefined,
        ),
      restore: () => bus.resume(from.portFor(plan)),
      notYetStatic: (now: Instant) => notYetStatic(plan.key, now),
    };
  });
}

/** What the guard's rules are made from. Pure. */
export function guardedDevices(
  site: Site,
  profiles: ReadonlyMap<string, DeviceProfile>,
): readonly GuardedDevice[] {
  const out: GuardedDevice[] = [];
  const add = (id: string, unit: number, min_W: number, max_W: number, lowers_W?: number): void => {
    const profile = profiles.get(id);
    const lowers = lowers_W === undefined ? {} : { lowers_W };
    if (profile !== undefined) out.push({ id, unit, profile, min_W, max_W, ...lowers });
  };
  for (const m of site.meters) add(m.id, m.unit, 0, 0);
  for (const b of site.bess) add(b.id, b.unit, 0 - b.charge_W, b.discharge_W);
  for (const p of site.pv) add(p.id, p.unit, 0, p.rated_W, Math.min(p.expiry_W, p.rated_W));
  return out;
}

/** What the station fleet must know of one station. Pure. */
export function stationConfig(site: Site, s: Station): StationConfig {
  const phases = s.wiring.length === 1 ? 1 : s.wiring.length === 2 ? 2 : 3;
  const preBoot =
    s.pre_boot_A === undefined
      ? {}
      : { preBootPower_W: watts(s.pre_boot_A * site.nominal_V * phases) };
  return {
    id: s.id,
    connectors: s.connectors,
    phases,
    floor_A: amps(s.static_A),
    max_A: amps(s.max_A),
    ...(s.connector_max_A === undefined ? {} : { connectorMax_A: amps(s.connector_max_A) }),
    ttl_ms: stationTtl_ms(site, s),
    abilities: {
      leaseStorage: s.lease.storage,
      honoursDuration: s.lease.honours_duration,
      maxStackLevel: s.lease.max_stack_level,
      minRenew_s: s.lease.storage === 'ram' ? 1 : s.lease.min_renew_s,
      zeroAllowed: s.lease.zero_allowed,
      unit: s.lease.rate_unit,
      ...preBoot,
    },
  };
}
