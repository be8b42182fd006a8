import type { DeviceProfile } from '../../device';
import type { Instant } from '../../time';
import { commandedPower } from './commanded';
import { DelayedPower, stageFor } from './delayedPower';
import { Obedience } from './obedience';
import { reportFactor, RegisterFace, type SimDeviceOptions } from './registerFace';
import type { SimDevice } from './simMeter';

export interface SimPvOptions extends SimDeviceOptions {
  /** Share of the rating that the sun gives at this instant, 0..1. */
  readonly irradiance: (now: Instant) => number;
  /** Limit to power, ms; seeded in 300..2000 by default. */
  readonly reaction_ms?: number;
}

export interface SimPv extends SimDevice {
  /** Power the sun would give without a limit, W. */
  available_W(): number;
  /** Grid protection or emergency stop: no power while true. */
  tripped: boolean;
  /** Times its lease ended by itself. */
  leaseExpiries(): number;
}

const REACTION_MS = [300, 2000] as const;

/** A simulated PV inverter: what the sun gives, cut by the power limit and its lease. */
export function createSimPv(profile: DeviceProfile, options: SimPvOptions): SimPv {
  const { random } = options;
  const rated_W = profile.rating.power_W;
  const reaction_ms =
    options.reaction_ms ?? REACTION_MS[0] + random() * (REACTION_MS[1] - REACTION_MS[0]);
  // The limit is delayed and ramped, the sun is not.
  const cap = new DelayedPower(stageFor(reaction_ms, rated_W), rated_W);
  let available_W = 0;
  let tripped = false;
  const power_W = (): number => (tripped ? 0 : Math.min(available_W, cap.power_W));

  const refresh = (): void => {
    if (face.fault === 'nan') return face.bank.setMissing('power_W');
    const factor = reportFactor(face.fault);
    face.bank.set('power_W', face.fault === 'implausible' ? 3 * rated_W : power_W() * factor);
  };
  const face = new RegisterFace(profile, options, refresh);
  const limit = (): number | undefined => commandedPower(face, profile, 'pv-limit');
  const obedience = new Obedience(face, limit, options.now);
  face.bank.set('rated_W', rated_W);
  face.bank.set('max_W', rated_W);

  return {
    unit: face.unit,
    access: face.access,
    answer: (adu) => face.answer(adu),
    step: (now, dt_ms) => {
      available_W = rated_W * Math.max(0, Math.min(1, options.irradiance(now)));
      cap.step(now, dt_ms, obedience.command(now) ?? rated_W, 0, rated_W);
    },
    truePower_W: power_W,
    available_W: () => available_W,
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
