import {
  absent,
  good,
  type BessReading,
  type Measurement,
  type MeterReading,
  type PvReading,
} from '../model';
import type { Instant } from '../time';
import { amps, fraction, voltAmps, volts, wattHours, watts } from '../units';
import type { DeviceProfile, PlannedRead, PointValue, RegisterImage } from './compiled';
import type { Nature } from './profile';
import { readPoint } from './readPoint';

/** Names that the natures know; a profile must have the required ones as points or derived. */
export const READING_POINTS: Readonly<
  Record<Nature, { readonly required: readonly string[]; readonly optional: readonly string[] }>
> = {
  Meter: {
    required: ['W_L1', 'W_L2', 'W_L3', 'A_L1', 'A_L2', 'A_L3', 'V_L1', 'V_L2', 'V_L3'],
    // Without W_total the total is the sum of the phases.
    optional: ['W_total', 'VA_total', 'Wh_import', 'Wh_export'],
  },
  Bess: {
    required: ['power_W', 'soc', 'charge_max_W', 'discharge_max_W'],
    optional: ['state', 'setpoint_W', 'lease_left_s', 'heartbeat'],
  },
  PvInverter: { required: ['power_W'], optional: ['limit', 'lease_left_s'] },
};

/** Transactions that give a reading, in the profile's order. Pure. */
export const readPlan = (profile: DeviceProfile): readonly PlannedRead[] => profile.reads;

/** Thrown inside a decode where a required value is absent; caught at its end. */
class AbsentPart extends Error {
  readonly part: PointValue & { ok: false };
  constructor(part: PointValue & { ok: false }) {
    super(part.reason);
    this.part = part;
  }
}

interface Reader {
  /** Throws AbsentPart where the value is absent. */
  readonly need: (name: string) => number;
  readonly may: (name: string) => number | undefined;
}

function readerOf(profile: DeviceProfile, image: RegisterImage): Reader {
  const may = (name: string): number | undefined => {
    const value = readPoint(profile, name, image);
    return value.ok ? value.value : undefined;
  };
  const need = (name: string): number => {
    const value = readPoint(profile, name, image);
    if (!value.ok) throw new AbsentPart(value);
    return value.value;
  };
  return { need, may };
}

const badPart = (reason: string): AbsentPart =>
  new AbsentPart({ ok: false, quality: 'bad', reason });

function decoded<T>(
  profile: DeviceProfile,
  nature: Nature,
  image: RegisterImage,
  at: Instant,
  read: (from: Reader) => T,
): Measurement<T> {
  if (profile.nature !== nature) return absent('bad', `${profile.id} is no ${nature}`);
  try {
    return good(read(readerOf(profile, image)), at);
  } catch (error) {
    if (error instanceof AbsentPart) return absent(error.part.quality, error.part.reason);
    throw error;
  }
}

function need3(from: Reader, prefix: string): [number, number, number] {
  return [from.need(`${prefix}_L1`), from.need(`${prefix}_L2`), from.need(`${prefix}_L3`)];
}

function meterReading(from: Reader): MeterReading {
  const power = need3(from, 'W');
  const current = need3(from, 'A');
  const voltage = need3(from, 'V');
  if (voltage.some((value) => value < 0)) throw badPart(`negative voltage ${voltage.join(', ')}`);
  const apparent = from.may('VA_total');
  const imported = from.may('Wh_import');
  const exported = from.may('Wh_export');
  return {
    power: [watts(power[0]), watts(power[1]), watts(power[2])],
    // Some meters give the current the sign of the power; the model wants the magnitude.
    current: [amps(Math.abs(current[0])), amps(Math.abs(current[1])), amps(Math.abs(current[2]))],
    voltage: [volts(voltage[0]), volts(voltage[1]), volts(voltage[2])],
    total_W: watts(from.may('W_total') ?? power[0] + power[1] + power[2]),
    ...(apparent === undefined ? {} : { apparent_VA: voltAmps(Math.abs(apparent)) }),
    ...(imported === undefined ? {} : { import_Wh: wattHours(imported) }),
    ...(exported === undefined ? {} : { export_Wh: wattHours(exported) }),
  };
}

type BessStateWord = BessReading['state'];
const BESS_STATES: readonly string[] = ['on', 'standby', 'off', 'fault', 'backup'];
const isBessState = (word: string): word is BessStateWord => BESS_STATES.includes(word);

/** A state the profile does not list counts as a fault: it is not known to obey. */
function bessState(profile: DeviceProfile, from: Reader): BessStateWord {
  const point = profile.points.get('state');
  if (point?.states === undefined) return 'on';
  const word = point.states[from.need('state')];
  return word !== undefined && isBessState(word) ? word : 'fault';
}

function share(percent: number, name: string): number {
  if (percent < 0 || percent > 100) throw badPart(`${name} ${percent} % outside 0..100`);
  return percent / 100;
}

function notNegative(value: number, name: string): number {
  if (value < 0) throw badPart(`${name} ${value} is negative`);
  return value;
}

function bessReading(profile: DeviceProfile, from: Reader): BessReading {
  const setpoint = from.may('setpoint_W');
  const leaseLeft_s = from.may('lease_left_s');
  const heartbeat = from.may('heartbeat');
  return {
    power: watts(from.need('power_W')),
    stateOfCharge: fraction(share(from.need('soc'), 'state of charge')),
    chargeMax: watts(notNegative(from.need('charge_max_W'), 'charge limit')),
    dischargeMax: watts(notNegative(from.need('discharge_max_W'), 'discharge limit')),
    state: bessState(profile, from),
    ...(setpoint === undefined ? {} : { setpoint: watts(setpoint) }),
    ...(leaseLeft_s === undefined ? {} : { leaseLeft_s }),
    ...(heartbeat === undefined ? {} : { heartbeat }),
  };
}

function pvReading(from: Reader): PvReading {
  const limit = from.may('limit');
  const leaseLeft_s = from.may('lease_left_s');
  return {
    power: watts(from.need('power_W')),
    ...(limit === undefined ? {} : { limit: fraction(share(limit, 'power limit')) }),
    ...(leaseLeft_s === undefined ? {} : { leaseLeft_s }),
  };
}

/**
 * Reading of a meter from the registers of its plan, true at `at`. Missing or bad with a reason
 * where a required value is; optional values are left out then. Pure.
 */
export const decodeMeter = (
  profile: DeviceProfile,
  image: RegisterImage,
  at: Instant,
): Measurement<MeterReading> => decoded(profile, 'Meter', image, at, meterReading);

/** Reading of a battery system; as decodeMeter. Pure. */
export const decodeBess = (
  profile: DeviceProfile,
  image: RegisterImage,
  at: Instant,
): Measurement<BessReading> =>
  decoded(profile, 'Bess', image, at, (from) => bessReading(profile, from));

/** Reading of a PV inverter; as decodeMeter. Pure. */
export const decodePv = (
  profile: DeviceProfile,
  image: RegisterImage,
  at: Instant,
): Measurement<PvReading> => decoded(profile, 'PvInverter', image, at, pvReading);
