import type { DeviceProfile } from '../../device';
import type { RegisterAccess } from '../../modbus';
import { later, type Instant } from '../../time';
import { mapPhases, sumPhases, type ThreePhase } from '../../units';
import { reportFactor, RegisterFace, type SimDeviceOptions, type SimFault } from './registerFace';

/** What is really there, at the meter's terminals. Power + = import, V and A true RMS. */
export interface MeterTruth {
  readonly power_W: ThreePhase<number>;
  readonly voltage_V: ThreePhase<number>;
  /** Absent: |power| / voltage, as at a power factor of 1. */
  readonly current_A?: ThreePhase<number>;
}

export interface SimMeterOptions extends SimDeviceOptions {
  /** Delay between truth and registers, ms; seeded in 200..1000 by default. */
  readonly lag_ms?: number;
  /** Relative noise of a real meter's last digits; default 0.0005. */
  readonly noise?: number;
}

/** What every simulated device offers to the site simulation. */
export interface SimDevice {
  readonly unit: number;
  readonly access: RegisterAccess;
  /** Answer to an RTU ADU on a segment; null = silence. */
  answer(adu: Uint8Array): Uint8Array | null;
  /** Moves the device on by `dt_ms` to `now`. */
  step(now: Instant, dt_ms: number): void;
  /** True power at its terminals, W, our sign. */
  truePower_W(): number;
  fault: SimFault;
}

export interface SimMeter extends SimDevice {
  readonly lag_ms: number;
}

interface Sample {
  readonly at: Instant;
  readonly truth: MeterTruth;
}

/** 230 V and no power, until the first sample is old enough. */
const NOTHING: MeterTruth = { power_W: [0, 0, 0], voltage_V: [230, 230, 230] };
const LAG_MS = [200, 1000] as const;

/** Truth as the meter shows it: lagging, with noise in the last digits. */
class MeterMemory {
  readonly #samples: Sample[] = [];
  readonly #lag_ms: number;
  import_Wh = 0;
  export_Wh = 0;

  constructor(lag_ms: number) {
    this.#lag_ms = lag_ms;
  }

  /** `counted`: share of the energy that the registers count. */
  push(at: Instant, truth: MeterTruth, dt_ms: number, counted: number): void {
    this.#samples.push({ at, truth });
    // Only samples inside the lag are kept: 10 for a lag of 1 s and steps of 100 ms.
    while (this.#samples.length > 1 && later(this.#samples[1]?.at ?? at, this.#lag_ms) <= at)
      this.#samples.shift();
    const energy_Wh = (counted * sumPhases(truth.power_W) * dt_ms) / 3_600_000;
    if (energy_Wh > 0) this.import_Wh += energy_Wh;
    else this.export_Wh -= energy_Wh;
  }

  get shown(): MeterTruth {
    return this.#samples[0]?.truth ?? NOTHING;
  }

  get latest(): MeterTruth {
    return this.#samples[this.#samples.length - 1]?.truth ?? NOTHING;
  }
}

/** Points of one phase each: their names are not put together for every answer. */
const PHASE_POINTS = (['L1', 'L2', 'L3'] as const).map((name) => ({
  W: `W_${name}`,
  V: `V_${name}`,
  A: `A_${name}`,
  VA: `VA_${name}`,
}));

function showImplausible(face: RegisterFace, rating_W: number): void {
  // Three times the rating on one phase at a twentieth of the voltage: no site can have it.
  for (const points of PHASE_POINTS) {
    face.bank.set(points.W, 3 * rating_W);
    face.bank.set(points.V, 11);
    face.bank.set(points.A, 1);
  }
  face.bank.set('W_total', -rating_W);
}

function showMissing(face: RegisterFace): void {
  for (const points of PHASE_POINTS)
    for (const name of Object.values(points)) face.bank.setMissing(name);
  for (const name of ['W_total', 'VA_total']) face.bank.setMissing(name);
}

/**
 * A simulated meter. `truth` is asked once per step; its registers follow after the lag. Energy
 * registers integrate the truth without lag, whatever is wrong with the power registers.
 */
export function createSimMeter(
  profile: DeviceProfile,
  truth: () => MeterTruth,
  options: SimMeterOptions,
): SimMeter {
  const { random } = options;
  const lag_ms = options.lag_ms ?? LAG_MS[0] + random() * (LAG_MS[1] - LAG_MS[0]);
  const noise = options.noise ?? 0.0005;
  const memory = new MeterMemory(lag_ms);
  const noisy = (value: number): number => value * (1 + noise * (2 * random() - 1));

  const refresh = (): void => {
    if (face.fault === 'implausible') return showImplausible(face, profile.rating.power_W);
    if (face.fault === 'nan') return showMissing(face);
    const { power_W, voltage_V, current_A } = memory.shown;
    const factor = reportFactor(face.fault);
    const power = mapPhases(power_W, (value) => noisy(value * factor));
    const voltage = mapPhases(voltage_V, noisy);
    const current = mapPhases(
      power_W,
      (value, i) => Math.abs(factor) * noisy(current_A?.[i] ?? Math.abs(value) / voltage_V[i]),
    );
    PHASE_POINTS.forEach((points, i) => {
      const U = voltage[i] ?? 0;
      const I = current[i] ?? 0;
      face.bank.set(points.W, power[i] ?? 0);
      face.bank.set(points.V, U);
      face.bank.set(points.A, I);
      face.bank.set(points.VA, U * I);
    });
    face.bank.set('W_total', sumPhases(power));
    face.bank.set('W_total_meter', sumPhases(power));
    face.bank.set(
      'VA_total',
      voltage[0] * current[0] + voltage[1] * current[1] + voltage[2] * current[2],
    );
    face.bank.set('frequency_Hz', 50 + 0.01 * (random() - 0.5));
    face.bank.set('Wh_import', memory.import_Wh);
    face.bank.set('Wh_export', memory.export_Wh);
  };
  const face = new RegisterFace(profile, options, refresh);

  return {
    unit: face.unit,
    access: face.access,
    lag_ms,
    answer: (adu) => face.answer(adu),
    step: (now, dt_ms) =>
      memory.push(now, truth(), dt_ms, face.fault === 'low-9-percent-all' ? 0.91 : 1),
    truePower_W: () => sumPhases(memory.latest.power_W),
    get fault() {
      return face.fault;
    },
    set fault(fault) {
      face.fault = fault;
    },
  };
}
