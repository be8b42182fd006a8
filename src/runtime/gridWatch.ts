/**
 * Is the grid meter to be believed? Pure judgement over readings: silent, frozen, implausible.
 * SAFETY.md "Modes" (`blind`) and "Plausibility".
 */
import type { Measurement, MeterReading } from '../model';
import { absent } from '../model';
import { between, type Instant } from '../time';
import { sumPhases } from '../units';

export type GridHealth = 'fresh' | 'silent' | 'frozen' | 'implausible';

/** Older than this is stale: nothing is raised on it. */
export const GRID_STALE_ms = 2000;
/** Phase voltages outside this band are a wrong map or a broken sensor. EN 50160 allows +-10 %. */
const VOLTAGE_BAND = { low: 0.7, high: 1.2 } as const;
/** |P| may exceed V*I by this share before the reading is impossible. */
const POWER_SLACK = 1.1;
const POWER_SLACK_W = 150;
/** Phases against total: maker tolerance and rounding. */
const TOTAL_SLACK = 0.05;
const TOTAL_SLACK_W = 300;

export interface GridWatch {
  readonly health: GridHealth;
  readonly why: string;
  /** The reading if it may be used, else absent with the reason. */
  readonly reading: Measurement<MeterReading>;
}

export interface GridFacts {
  readonly reading: Measurement<MeterReading>;
  readonly frozen: boolean;
  readonly nominal_V: number;
  /** Greatest current the connection can carry for a moment, A; above it a reading is nonsense. */
  readonly bound_A: number;
  /**
   * Smallest consumption that must be there (stations' own meters), W; below it signs are wrong.
   */
  readonly leastLoad_W: number;
  /** Greatest generation possible, W. */
  readonly sources_W: number;
}

/** Judges one reading at `now`. Pure. */
export function watchGrid(facts: GridFacts, now: Instant): GridWatch {
  const { reading } = facts;
  const refuse = (
    health: GridHealth,
    quality: 'missing' | 'stale' | 'bad',
    why: string,
  ): GridWatch => ({
    health,
    why,
    reading: absent(quality, why, reading.quality === 'good' ? reading.at : reading.lastGoodAt),
  });
  if (reading.quality !== 'good') {
    const implausible = reading.quality === 'bad';
    return refuse(implausible ? 'implausible' : 'silent', reading.quality, reading.reason);
  }
  const age_ms = between(reading.at, now);
  if (age_ms > GRID_STALE_ms) {
    return refuse('silent', 'stale', `last answer ${(age_ms / 1000).toFixed(1)} s ago`);
  }
  if (facts.frozen) return refuse('frozen', 'bad', 'the same registers in each answer');
  const why = impossible(facts, reading.value);
  if (why !== undefined) return refuse('implausible', 'bad', why);
  return { health: 'fresh', why: 'fresh', reading };
}

/**
 * The first contradiction inside one reading, or with what must be true; absent when none. Pure.
 */
function impossible(facts: GridFacts, m: MeterReading): string | undefined {
  for (const i of [0, 1, 2] as const) {
    const v = m.voltage[i];
    const a = m.current[i];
    const p = m.power[i];
    if (v < facts.nominal_V * VOLTAGE_BAND.low || v > facts.nominal_V * VOLTAGE_BAND.high) {
      return `L${i + 1} reads ${v.toFixed(0)} V`;
    }
    if (a < 0 || a > facts.bound_A) return `L${i + 1} reads ${a.toFixed(0)} A`;
    if (Math.abs(p) > v * a * POWER_SLACK + POWER_SLACK_W) {
      return `L${i + 1} reads ${p.toFixed(0)} W at ${(v * a).toFixed(0)} VA`;
    }
  }
  const sum = sumPhases(m.power);
  if (Math.abs(sum - m.total_W) > Math.abs(sum) * TOTAL_SLACK + TOTAL_SLACK_W) {
    return `phases add up to ${sum.toFixed(0)} W, total reads ${m.total_W.toFixed(0)} W`;
  }
  // What stations surely draw must come from somewhere: grid + sources >= stations.
  const short_W = facts.leastLoad_W - (m.total_W + facts.sources_W);
  if (short_W > facts.leastLoad_W * 0.25 + 2000) {
    return `stations draw ${facts.leastLoad_W.toFixed(0)} W, the meter sees ${m.total_W.toFixed(0)} W`;
  }
  return undefined;
}
