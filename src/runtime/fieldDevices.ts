import { decodeBess, decodeMeter, decodePv, type DeviceProfile } from '../device';
import type { Bus } from '../modbus';
import {
  absent,
  type BessReading,
  type BessState,
  type DeviceLease,
  type Measurement,
  type MeterReading,
  type PvReading,
  type PvState,
} from '../model';
import type { Bess, Meter, Pv, Site } from '../site';
import { between, type Instant, later } from '../time';
import { watts, type Watts } from '../units';
import { Actuator } from './actuator';
import { busKey } from './assemble';
import { type Following, FOLLOWS, leftAlone, nextFollowing } from './following';
import { PolledDevice } from './polledDevice';

/** Values older than this are stale for BESS and PV. */
const STALE_ms = 3500;
/** Measured power must be this near to the setpoint, share of rating. */
const FOLLOW_SHARE = 0.1;
const FOLLOW_SLACK_W = 300;
/** Power of a battery that does nothing, as a share of its rating. */
const REST_SHARE = 0.01;
/** On top of the profile's reaction time before a device counts as not responding. */
const FOLLOW_GRACE_ms = 3000;

interface Controlled<F> {
  readonly file: F;
  readonly device: PolledDevice;
  readonly actuator: Actuator;
  readonly kind: 'bess' | 'pv';
  following: Following;
}

/** All field devices of a site: polled, decoded, commanded, and judged whether they follow. */
export class FieldDevices {
  readonly meters: readonly { readonly file: Meter; readonly device: PolledDevice }[];
  readonly bess: readonly Controlled<Bess>[];
  readonly pv: readonly Controlled<Pv>[];
  /** By then every setpoint of before our start has expired on its device. */
  private readonly earlierEnd: Instant;

  constructor(
    site: Site,
    profiles: ReadonlyMap<string, DeviceProfile>,
    buses: ReadonlyMap<string, Bus>,
    start: Instant,
  ) {
    const { bess_charge_ttl_s, bess_discharge_ttl_s } = site.leases;
    const own_s = site.bess.map((b) => b.lease_s ?? 0);
    const longest_s = Math.max(bess_charge_ttl_s, bess_discharge_ttl_s, ...own_s);
    this.earlierEnd = later(start, longest_s * 1000);
    const make = (d: Meter | Bess | Pv, cycle_ms: number, grid: boolean): [PolledDevice, Bus] => {
      const profile = profiles.get(d.id);
      const bus = buses.get(busKey(d));
      if (profile === undefined || bus === undefined)
        throw new Error(`${d.id} has no profile or bus`);
      const line = site.buses.find((b) => b.id === d.bus);
      const wire = line?.kind === 'rtu' ? { wire: line } : {};
      const periods = { cycle_ms, slow_ms: 10_000, priority: grid ? 2 : 3, ...wire } as const;
      return [new PolledDevice(d.id, profile, bus, periods, start), bus];
    };
    this.meters = site.meters.map((file) => ({
      file,
      device: make(file, file.poll_ms, file.role === 'grid')[0],
    }));
    const controlled = <F extends Bess | Pv>(file: F, kind: 'bess' | 'pv'): Controlled<F> => {
      const [device, bus] = make(file, 1000, false);
      return { file, kind, device, actuator: new Actuator(device, bus), following: FOLLOWS };
    };
    this.bess = site.bess.map((b) => controlled(b, 'bess'));
    this.pv = site.pv.map((p) => controlled(p, 'pv'));
  }

  /**
   * Why a device of this bus may still do other than its safe static value; undefined when each is
   * known to have been taken back or to have expired, what we sent before our start included.
   */
  notYetStatic(key: string, now: Instant): string | undefined {
    for (const { file, device, actuator } of [...this.bess, ...this.pv]) {
      if (busKey(file) !== key) continue;
      const { holdsUntil, acknowledged } = actuator.current();
      const before = acknowledged > 0 ? undefined : this.earlierEnd;
      const until = holdsUntil ?? before;
      if (until === undefined) continue;
      const terms = device.profile.data.lease;
      // What our own polls keep alive does not expire while we poll.
      if (terms.mechanism !== 'none' && terms.fedByReads)
        return `${file.id} may hold a setpoint that reads keep alive: it was never taken back`;
      if (until > now)
        return `${file.id} may hold a setpoint for ${Math.ceil(between(now, until) / 1000)} s more`;
    }
    return undefined;
  }

  poll(now: Instant): void {
    for (const m of this.meters) m.device.poll(now);
    for (const b of this.bess) b.device.poll(now);
    for (const p of this.pv) p.device.poll(now);
  }

  meterReading(id: string, now: Instant): Measurement<MeterReading> {
    const meter = this.meters.find((m) => m.file.id === id);
    if (meter === undefined) return absent('missing', `no meter ${id}`);
    return read(meter.device, now, decodeMeter);
  }

  /** Measured power of each BESS and PV, W; undefined: not known. Decides nothing. */
  sourcePowers_W(now: Instant): readonly (number | undefined)[] {
    const known = (m: Measurement<{ readonly power: Watts }>): number | undefined =>
      m.quality === 'good' ? m.value.power : undefined;
    return [
      ...this.bess.map((b) => known(notFrozen(b.device, read(b.device, now, decodeBess)))),
      ...this.pv.map((p) => known(read(p.device, now, decodePv))),
    ];
  }

  /** State of each BESS at the latch; also decides whether it follows its setpoint. */
  bessStates(now: Instant): readonly BessState[] {
    return this.bess.map((b) => {
      const reading = notFrozen(b.device, read(b.device, now, decodeBess));
      const power = reading.quality === 'good' ? Number(reading.value.power) : undefined;
      const limited = reading.quality === 'good' ? bmsLimited(reading.value) : undefined;
      follow(b, power, limited, now);
      return { id: b.file.id, reading, ...proof(b, now), ...actuation(b, now) };
    });
  }

  pvStates(now: Instant): readonly PvState[] {
    return this.pv.map((p) => {
      const reading: Measurement<PvReading> = read(p.device, now, decodePv);
      const lease = p.actuator.current().lease;
      const over =
        reading.quality === 'good' && lease !== undefined && lease.ends_at > now
          ? Math.max(0, reading.value.power - lease.value)
          : undefined;
      follow(p, over, () => 0, now);
      return { id: p.file.id, reading, ...proof(p, now), ...actuation(p, now) };
    });
  }
}

function read<T>(
  device: PolledDevice,
  now: Instant,
  decode: (
    p: DeviceProfile,
    image: ReturnType<PolledDevice['image']>,
    at: Instant,
  ) => Measurement<T>,
): Measurement<T> {
  const at = device.lastAsked_at();
  if (at === undefined) return absent('missing', device.lastFailure());
  const conflict = device.identityConflict();
  if (conflict !== undefined)
    return absent('bad', `another device answers: ${conflict.join('; ')}`);
  if (!device.complete()) return absent('missing', 'not all registers read yet');
  if (between(at, now) > STALE_ms) {
    const s = (between(at, now) / 1000).toFixed(1);
    return absent('stale', `last answer ${s} s ago: ${device.lastFailure()}`, at);
  }
  return device.decoded(decode, at);
}

function notFrozen(
  device: PolledDevice,
  reading: Measurement<BessReading>,
): Measurement<BessReading> {
  if (reading.quality !== 'good' || !device.frozen()) return reading;
  // A battery at rest may well say the same again and again; one that works cannot.
  const rest_W = device.profile.rating.power_W * REST_SHARE;
  if (Math.abs(reading.value.power) <= rest_W) return reading;
  return absent('bad', 'the same registers in each answer', reading.at);
}

/** The setpoint the BMS lets through. */
const bmsLimited =
  (r: BessReading) =>
  (setpoint_W: number): number =>
    Math.min(Math.max(setpoint_W, 0 - r.chargeMax), r.dischargeMax);

/** Verified actuation: measured power must follow within the profile's reaction time. */
function follow<F>(
  c: Controlled<F>,
  power_W: number | undefined,
  expected: ((setpoint_W: number) => number) | undefined,
  now: Instant,
): void {
  const { lease, pendingSince } = c.actuator.current();
  const live = lease !== undefined && lease.ends_at > now && pendingSince === undefined;
  const expected_W = live && expected !== undefined ? expected(lease.value) : undefined;
  const slack_W = c.device.profile.rating.power_W * FOLLOW_SHARE + FOLLOW_SLACK_W;
  const grace_ms = c.device.profile.data.reaction_s[1] * 1000 + FOLLOW_GRACE_ms;
  const known = power_W !== undefined && expected_W !== undefined;
  const proves = c.kind === 'pv' || Math.abs(expected_W ?? 0) > slack_W;
  const fact = known ? { gap_W: power_W - expected_W, proves, slack_W } : { proves, slack_W };
  c.following = nextFollowing(c.following, fact, grace_ms, now);
}

/** What the state says of it: not to be used, or used again but not proved yet. */
function proof(
  c: Controlled<Bess | Pv>,
  now: Instant,
): { notResponding: boolean; unproved?: true } {
  const failed = c.following.failed_at !== undefined;
  return { notResponding: leftAlone(c.following, now), ...(failed ? { unproved: true } : {}) };
}

function actuation(
  c: Controlled<Bess | Pv>,
  now: Instant,
): { lease?: DeviceLease; commanded_W?: Watts } {
  const { lease, commanded_W, held_W, holdsUntil } = c.actuator.current();
  const live = lease !== undefined && lease.ends_at > now;
  // What was taken back without a proof may be in force all the same; once it has ended on the
  // device by itself, nothing is.
  const holds = c.actuator.holding(now);
  const over = !live && !holds && (held_W !== undefined || holdsUntil !== undefined);
  const told_W = live || !holds ? commanded_W : (held_W ?? commanded_W);
  return {
    ...(live ? { lease } : {}),
    ...(told_W === undefined || over ? {} : { commanded_W: watts(told_W) }),
  };
}
