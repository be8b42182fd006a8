/**
 * Does the grid meter's power agree with what its energy register counts, and both with what
 * stations, BESS and PV have metered? Errors of some percent hide in one reading; over ten minutes
 * of energy they show (SAFETY.md "Plausibility": 10-minute energy 3 %). The control margin
 * carries them until then.
 */
import { between, type Instant } from '../time';
import type { GridWatch } from './gridWatch';

/** Energies are compared over so long. */
const WINDOW_ms = 600_000;
/** A shorter window says nothing: its ends weigh too much. */
const SHORTEST_ms = 120_000;
/** Ends of windows lie this far apart at least. */
const SPACING_ms = 20_000;
/** A gap in the readings longer than this begins a new window. */
const GAP_ms = 5000;
/** Share of the energy by which the grid meter's power and its counter may differ. */
const SHARE = 0.03;
/** The same for each of several meters that are added up: billing classes are 1 to 2 %. */
const SHARE_EACH = 0.015;
/** Power and energy of one meter belong to the same moment within this, s (lag, poll). */
const SAME_MOMENT_s = 3;
/** Own meters of stations come every 5 s. */
const STATION_MOMENT_s = 5;
/** Less than this is not worth a word, Wh. */
const LEAST_Wh = 50;

export interface EnergyFacts {
  /** Net power at the connection point, import positive, W; absent: not known now. */
  readonly power_W?: number;
  /** Newest energy registers, import less export, and when they were asked for. */
  readonly register?: { readonly at: Instant; readonly net_Wh: number };
  /** What stations surely draw by their own meters, W. */
  readonly stations_W: number;
  /** What BESS and PV deliver by their own meters, W; absent: not known now. */
  readonly sources_W?: number;
  /** Declared smallest base load, W. */
  readonly baseMin_W: number;
}

interface Sums {
  /** By the meter's power: net, and magnitude. */
  readonly power_Wh: number;
  readonly gross_Wh: number;
  readonly stations_Wh: number;
  readonly sources_Wh: number;
  /** Seconds in which a source's power was not known. */
  readonly unknown_s: number;
}
const NOTHING: Sums = {
  power_Wh: 0,
  gross_Wh: 0,
  stations_Wh: 0,
  sources_Wh: 0,
  unknown_s: 0,
};

interface Mark extends Sums {
  readonly at: Instant;
  readonly register_Wh: number;
}

export interface EnergyState {
  readonly sums: Sums;
  readonly at?: Instant;
  /** Begin of the sums; registers asked for earlier belong to another stretch. */
  readonly began?: Instant;
  readonly marks: readonly Mark[];
  /** All registers seen so far are multiples of it, Wh. */
  readonly step_Wh: number;
  readonly peak_W: number;
  /** Why the meter is not to be believed; absent while it agrees or nothing can be said. */
  readonly why?: string;
}
export const NO_ENERGY: EnergyState = { sums: NOTHING, marks: [], step_Wh: 1000, peak_W: 0 };

/** One cycle further. Pure. */
export function nextEnergy(before: EnergyState, f: EnergyFacts, now: Instant): EnergyState {
  const dt_ms = before.at === undefined ? 0 : between(before.at, now);
  // Without readings nothing was integrated: a finding stays until a whole window shows otherwise.
  const kept = before.why === undefined ? {} : { why: before.why };
  if (f.power_W === undefined) {
    if (before.at === undefined || dt_ms <= GAP_ms) return before;
    return { ...NO_ENERGY, step_Wh: before.step_Wh, ...kept };
  }
  const fresh = before.at === undefined || dt_ms > GAP_ms;
  const sums = fresh ? NOTHING : added(before.sums, f, f.power_W, dt_ms / 1000);
  const peak_W = Math.max(fresh ? 0 : before.peak_W, Math.abs(f.power_W));
  const began = fresh ? now : (before.began ?? now);
  const base = { ...before, sums, at: now, began, peak_W, marks: fresh ? [] : before.marks };
  const last = base.marks.at(-1);
  const { register } = f;
  if (register === undefined || register.at < began) return base;
  if (last !== undefined && between(last.at, register.at) < SPACING_ms) return base;
  return marked(base, f, { at: register.at, net_Wh: register.net_Wh }, now);
}

function added(sums: Sums, f: EnergyFacts, power_W: number, dt_s: number): Sums {
  const h = dt_s / 3600;
  return {
    power_Wh: sums.power_Wh + power_W * h,
    gross_Wh: sums.gross_Wh + Math.abs(power_W) * h,
    stations_Wh: sums.stations_Wh + f.stations_W * h,
    sources_Wh: sums.sources_Wh + (f.sources_W ?? 0) * h,
    unknown_s: sums.unknown_s + (f.sources_W === undefined ? dt_s : 0),
  };
}

/** A new end of a window; the oldest one that is still needed is its begin. */
function marked(
  state: EnergyState,
  f: EnergyFacts,
  register: { readonly at: Instant; readonly net_Wh: number },
  now: Instant,
): EnergyState {
  // The register was read a little earlier: the power of now is taken back to that moment.
  const since_h = between(register.at, now) / 3_600_000;
  const power_Wh = state.sums.power_Wh - (f.power_W ?? 0) * since_h;
  const mark: Mark = { ...state.sums, power_Wh, at: register.at, register_Wh: register.net_Wh };
  const step_Wh = stepOf(state.step_Wh, register.net_Wh);
  const last = state.marks.at(-1);
  // A register that went further than any connection can carry was set, not counted.
  const most_Wh = (20 * state.peak_W * between(last?.at ?? mark.at, mark.at)) / 3_600_000 + 2000;
  if (last !== undefined && Math.abs(mark.register_Wh - last.register_Wh) > most_Wh) {
    return { ...state, step_Wh, marks: [mark] };
  }
  const marks = [...state.marks, mark].filter((m) => between(m.at, mark.at) <= WINDOW_ms);
  const [first] = marks;
  const { sums } = state;
  // What was drawn long ago blurs the ends of later windows less and less.
  const began = state.began ?? now;
  const next: EnergyState = { sums, at: now, began, marks, step_Wh, peak_W: state.peak_W * 0.97 };
  if (first === undefined || between(first.at, mark.at) < SHORTEST_ms) {
    return state.why === undefined ? next : { ...next, why: state.why };
  }
  const why = contradiction(first, mark, { ...f, step_Wh, peak_W: state.peak_W });
  if (why !== undefined) return { ...next, why };
  // Believed again only after a whole window without contradiction.
  const whole = between(first.at, mark.at) >= WINDOW_ms - 2 * SPACING_ms;
  return state.why === undefined || whole ? next : { ...next, why: state.why };
}

function contradiction(
  first: Mark,
  last: Mark,
  c: { readonly step_Wh: number; readonly peak_W: number; readonly baseMin_W: number },
): string | undefined {
  const took_h = between(first.at, last.at) / 3_600_000;
  const register_Wh = last.register_Wh - first.register_Wh;
  const gross_Wh = last.gross_Wh - first.gross_Wh;
  const power_Wh = last.power_Wh - first.power_Wh;
  // A float32 counter of kWh steps by its own last digit.
  const digit_Wh = Math.abs(last.register_Wh) * 2 ** -22;
  // A lag counts once: what it adds at one end of the window it takes at the other.
  const ends_Wh = LEAST_Wh + 2 * (c.step_Wh + digit_Wh) + (c.peak_W * SAME_MOMENT_s) / 3600;
  const minutes = (took_h * 60).toFixed(0);
  if (Math.abs(register_Wh - power_Wh) > SHARE * gross_Wh + ends_Wh) {
    const parts = `${(register_Wh / 1000).toFixed(2)} kWh by its register`;
    return `${(power_Wh / 1000).toFixed(2)} kWh by the meter's power, ${parts} in ${minutes} min`;
  }
  if (last.unknown_s > first.unknown_s) return undefined;
  const stations_Wh = last.stations_Wh - first.stations_Wh;
  const sources_Wh = last.sources_Wh - first.sources_Wh;
  const base_Wh = c.baseMin_W * took_h;
  const missing_Wh = stations_Wh + base_Wh - (register_Wh + sources_Wh);
  const share_Wh = SHARE_EACH * (gross_Wh + stations_Wh + Math.abs(sources_Wh));
  const slack_Wh = share_Wh + ends_Wh + (c.peak_W * STATION_MOMENT_s) / 3600;
  if (missing_Wh <= slack_Wh) return undefined;
  const least = ((stations_Wh + base_Wh) / 1000).toFixed(2);
  const there = ((register_Wh + sources_Wh) / 1000).toFixed(2);
  return `stations and base load took ${least} kWh, meter and sources gave ${there} kWh in ${minutes} min`;
}

/** The largest of 1000, 100, 10, 1 Wh that still divides each register seen. Pure. */
function stepOf(step_Wh: number, value_Wh: number): number {
  let step = step_Wh;
  while (step > 1 && Math.abs(value_Wh / step - Math.round(value_Wh / step)) > 1e-6) step /= 10;
  return step;
}

/** A meter that contradicts its own energy is not believed, whatever its readings look like. */
export function believed(grid: GridWatch, energy: EnergyState): GridWatch {
  if (grid.health !== 'fresh' || energy.why === undefined) return grid;
  const { reading } = grid;
  const lastGoodAt = reading.quality === 'good' ? reading.at : reading.lastGoodAt;
  return {
    health: 'implausible',
    why: energy.why,
    reading: {
      quality: 'bad',
      reason: energy.why,
      ...(lastGoodAt === undefined ? {} : { lastGoodAt }),
    },
  };
}
