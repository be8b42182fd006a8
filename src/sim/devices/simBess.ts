import type { DeviceProfile } from '../../device';
import type { Instant } from '../../time';
import { commandedPower } from './commanded';
import { DelayedPower, stageFor } from './delayedPower';
import { Obedience } from './obedience';
import { reportFactor, RegisterFace, type SimDeviceOptions } from './registerFace';
import type { SimDevice } from './simMeter';

export interface SimBessOptions extends SimDeviceOptions {
  /** State of charge at the start, 0..1; default 0.6. */
  readonly soc?: number;
  /** Command to power, ms; seeded in 300..1500 by default. */
  readonly reaction_ms?: number;
  /** Efficiency of each direction, 0..1; default 0.96. */
  readonly efficiency?: number;
  /** What the device does without a setpoint, W; default 0. */
  readonly internal_W?: number;
}

export interface SimBess extends SimDevice {
  /** State of charge, 0..1. */
  soc(): number;
  /** What the battery management system allows now, W, both >= 0. */
  limits_W(): { readonly charge: number; readonly discharge: number };
  /** Grid protection or emergency stop: no power while true. */
  tripped: boolean;
  /** Times its lease ended by itself. */
  leaseExpiries(): number;
}

const REACTION_MS = [300, 1500] as const;
const DC_V = 720;
/** Charging tapers from here to full, discharging from `LOW_TO` up to here. */
const HIGH_FROM = 0.95;
const LOW_TO = 0.05;
const LOW_FROM = 0.1;

const clamp01 = (value: number): number => Math.max(0, Math.min(1, value));

/** Cells, energy and battery management. */
class Battery {
  readonly #energy_Wh: number;
  readonly #efficiency: number;
  readonly #charge_W: number;
  readonly #discharge_W: number;
  soc: number;

  constructor(profile: DeviceProfile, soc: number, efficiency: number) {
    const { rating } = profile;
    this.#energy_Wh = rating.energy_Wh ?? 2 * rating.power_W;
    this.#charge_W = rating.charge_W ?? rating.power_W;
    this.#discharge_W = rating.discharge_W ?? rating.power_W;
    this.#efficiency = efficiency;
    this.soc = clamp01(soc);
  }

  get chargeMax_W(): number {
    return this.#charge_W * clamp01((1 - this.soc) / (1 - HIGH_FROM));
  }

  get dischargeMax_W(): number {
    return this.#discharge_W * clamp01((this.soc - LOW_TO) / (LOW_FROM - LOW_TO));
  }

  /** `power_W` at the AC terminals, + = discharge. */
  step(power_W: number, dt_ms: number): void {
    const cells_W = power_W > 0 ? power_W / this.#efficiency : power_W * this.#efficiency;
    this.soc = clamp01(this.soc - (cells_W * dt_ms) / 3_600_000 / this.#energy_Wh);
  }
}

/** Raw value of a state word of the profile; undefined where it has none. */
function rawState(profile: DeviceProfile, word: string): number | undefined {
  const states = profile.points.get('state')?.states ?? {};
  const hit = Object.entries(states).find(([, name]) => name === word);
  return hit === undefined ? undefined : Number(hit[0]);
}

const MEASURED = ['power_W', 'soc', 'charge_max_A', 'discharge_max_A', 'dc_V', 'state'];

function show(face: RegisterFace, profile: DeviceProfile, battery: Battery, power_W: number): void {
  const { bank, fault } = face;
  if (fault === 'nan') {
    for (const name of [...MEASURED, 'charge_W', 'discharge_W']) bank.setMissing(name);
    return;
  }
  const reported_W =
    fault === 'implausible' ? 3 * profile.rating.power_W : power_W * reportFactor(fault);
  bank.set('power_W', reported_W);
  for (const phase of ['power_L1_W', 'power_L2_W', 'power_L3_W']) bank.set(phase, reported_W / 3);
  bank.set('charge_W', Math.max(0, -reported_W));
  bank.set('discharge_W', Math.max(0, reported_W));
  bank.set('soc', 100 * battery.soc);
  bank.set('dc_V', DC_V);
  bank.set('charge_max_A', battery.chargeMax_W / DC_V);
  bank.set('discharge_max_A', battery.dischargeMax_W / DC_V);
}

/** Ratings and identity that do not change. */
function showRatings(face: RegisterFace, profile: DeviceProfile): void {
  const { power_W, charge_W = power_W, discharge_W = power_W, energy_Wh = 0 } = profile.rating;
  face.bank.set('charge_rate_max_W', charge_W);
  face.bank.set('discharge_rate_max_W', discharge_W);
  face.bank.set('rated_charge_W', charge_W);
  face.bank.set('rated_discharge_W', discharge_W);
  face.bank.set('energy_Wh', energy_Wh);
  face.bank.set('voltage_L1_V', 230);
}

/** A simulated battery system: leases, delays, energy, efficiency and its own limits. */
export function createSimBess(profile: DeviceProfile, options: SimBessOptions): SimBess {
  const { random, now: clock } = options;
  const reaction_ms =
    options.reaction_ms ?? REACTION_MS[0] + random() * (REACTION_MS[1] - REACTION_MS[0]);
  const battery = new Battery(profile, options.soc ?? 0.6, options.efficiency ?? 0.96);
  const internal_W = options.internal_W ?? 0;
  const stage = new DelayedPower(stageFor(reaction_ms, 2 * profile.rating.power_W), internal_W);
  let tripped = false;
  const words = { on: rawState(profile, 'on'), off: rawState(profile, 'off') };
  const refresh = (): void => {
    show(face, profile, battery, stage.power_W);
    const state = tripped ? words.off : words.on;
    if (state !== undefined && face.fault !== 'nan') face.bank.set('state', state);
    face.bank.set('heartbeat', Math.floor(clock() / 1000) % 0x8000);
  };
  const face = new RegisterFace(profile, options, refresh);
  const obedience = new Obedience(face, () => commandedPower(face, profile, 'bess-power'), clock);
  showRatings(face, profile);

  return {
    unit: face.unit,
    access: face.access,
    answer: (adu) => face.answer(adu),
    step: (now: Instant, dt_ms: number) => {
      const asked_W = obedience.command(now) ?? internal_W;
      const charge_W = tripped ? 0 : battery.chargeMax_W;
      const discharge_W = tripped ? 0 : battery.dischargeMax_W;
      stage.step(now, dt_ms, asked_W, -charge_W, discharge_W);
      battery.step(stage.power_W, dt_ms);
    },
    truePower_W: () => stage.power_W,
    soc: () => battery.soc,
    limits_W: () => ({ charge: battery.chargeMax_W, discharge: battery.dischargeMax_W }),
    leaseExpiries: () => face.lease.expiries,
    get tripped() {
      return tripped;
    },
    set tripped(value) {
      tripped = value;
    },
    get fault() {
      return face.fault;
    },
    set fault(fault) {
      face.fault = fault;
    },
  };
}
