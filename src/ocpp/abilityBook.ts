import { watts } from '../units';
import { isObject } from './codec';
import type { StationConfig } from './stationConfig';
import { numberOf, objectOf, textOf } from './fields';
import type { JsonObject } from './frame';

/** What a station says it is in its BootNotification. */
export interface StationModel {
  readonly vendor: string;
  readonly model: string;
  readonly firmware: string;
}

/** What the self-test saw a model do. Absent: not proved either way. */
export interface FoundAbilities {
  readonly unit?: 'A' | 'W';
  /** 0, or 1 for "one level above the floor works"; more is not needed. */
  readonly maxStackLevel?: number;
  readonly honoursDuration?: boolean;
  readonly zeroAllowed?: boolean;
  readonly minRenew_s?: number;
  /** Largest power seen between power-on and the verified floor, W. */
  readonly preBootPower_W?: number;
  /** A power cycle was part of the test. */
  readonly powerCycled: boolean;
}

/** Models and stations remembered; far more than any site has. */
const MAX_MODELS = 256;
const MAX_STATIONS = 2_000;
const MAX_WORD = 60;

const keyOf = (m: StationModel): string => [m.vendor, m.model, m.firmware].join(' / ');

/** The three words of a BootNotification of either version; undefined when it names no model. */
export function modelOf(boot: JsonObject): StationModel | undefined {
  const nested = objectOf(boot, 'chargingStation');
  const vendor = nested
    ? textOf(nested, 'vendorName', 200)
    : textOf(boot, 'chargePointVendor', 200);
  const model = nested ? textOf(nested, 'model', 200) : textOf(boot, 'chargePointModel', 200);
  if (vendor === undefined || model === undefined) return undefined;
  const firmware = textOf(nested ?? boot, 'firmwareVersion', 200) ?? 'unknown';
  const word = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_WORD);
  return { vendor: word(vendor), model: word(model), firmware: word(firmware) };
}

/**
 * Abilities found by self-tests, by vendor, model and firmware: another firmware is another model.
 * They are used only where they are stricter than what the site file declares.
 */
export class AbilityBook {
  private readonly models = new Map<string, FoundAbilities>();
  private readonly stations = new Map<string, string>();
  private readonly changed: (text: string) => void;

  /**
   * @param kept - what `changed` was given last, or undefined; unusable text counts as none
   * @param changed - called with the whole book whenever it changes, to be stored durably
   */
  constructor(kept?: string, changed: (text: string) => void = () => undefined) {
    this.changed = changed;
    this.recover(kept);
  }

  /** A station said what it is. True when it is another model than before. */
  seen(station: string, model: StationModel): boolean {
    const key = keyOf(model);
    if (this.stations.get(station) === key) return false;
    if (this.stations.size >= MAX_STATIONS && !this.stations.has(station)) return false;
    this.stations.set(station, key);
    this.changed(this.text());
    return true;
  }

  /** `vendor / model / firmware` of a station, as far as it ever told. */
  modelOf(station: string): string | undefined {
    return this.stations.get(station);
  }

  found(station: string): FoundAbilities | undefined {
    const key = this.stations.get(station);
    return key === undefined ? undefined : this.models.get(key);
  }

  put(station: string, found: FoundAbilities): void {
    const key = this.stations.get(station);
    if (key === undefined) return;
    this.models.delete(key);
    this.models.set(key, found);
    const [oldest] = this.models.keys();
    if (this.models.size > MAX_MODELS && oldest !== undefined) this.models.delete(oldest);
    this.changed(this.text());
  }

  text(): string {
    return JSON.stringify({
      models: Object.fromEntries(this.models),
      stations: Object.fromEntries(this.stations),
    });
  }

  private recover(kept: string | undefined): void {
    let value: unknown;
    try {
      value = JSON.parse(kept ?? '{}');
    } catch {
      return;
    }
    if (!isObject(value)) return;
    for (const [key, found] of Object.entries(objectOf(value, 'models') ?? {})) {
      if (isObject(found) && this.models.size < MAX_MODELS) this.models.set(key, foundOf(found));
    }
    for (const [station, key] of Object.entries(objectOf(value, 'stations') ?? {})) {
      if (typeof key === 'string' && this.stations.size < MAX_STATIONS) {
        this.stations.set(station, key);
      }
    }
  }
}

function foundOf(o: JsonObject): FoundAbilities {
  const unit = o['unit'] === 'A' || o['unit'] === 'W' ? o['unit'] : undefined;
  const flag = (key: string): boolean | undefined => {
    const value = o[key];
    return typeof value === 'boolean' ? value : undefined;
  };
  const honoursDuration = flag('honoursDuration');
  const zeroAllowed = flag('zeroAllowed');
  const maxStackLevel = numberOf(o, 'maxStackLevel');
  const minRenew_s = numberOf(o, 'minRenew_s');
  const preBootPower_W = numberOf(o, 'preBootPower_W');
  return {
    ...(unit !== undefined && { unit }),
    ...(maxStackLevel !== undefined && { maxStackLevel }),
    ...(honoursDuration !== undefined && { honoursDuration }),
    ...(zeroAllowed !== undefined && { zeroAllowed }),
    ...(minRenew_s !== undefined && { minRenew_s }),
    ...(preBootPower_W !== undefined && { preBootPower_W }),
    powerCycled: flag('powerCycled') ?? false,
  };
}

/**
 * The configuration with the stricter of declared and found in each point: what a test found can
 * take freedom away, never give it. The unit is a fact, not a freedom. Pure.
 */
export function stricter(
  declared: StationConfig,
  found: FoundAbilities | undefined,
): StationConfig {
  if (found === undefined) return declared;
  const { abilities } = declared;
  const preBoot = abilities.preBootPower_W;
  return {
    ...declared,
    abilities: {
      ...abilities,
      unit: found.unit ?? abilities.unit,
      maxStackLevel: Math.min(abilities.maxStackLevel, found.maxStackLevel === 0 ? 0 : Infinity),
      honoursDuration: abilities.honoursDuration && found.honoursDuration !== false,
      zeroAllowed: abilities.zeroAllowed && found.zeroAllowed !== false,
      minRenew_s: Math.max(abilities.minRenew_s, found.minRenew_s ?? 0),
      // Absent means rated power, which nothing found can exceed.
      ...(preBoot !== undefined && {
        preBootPower_W: watts(Math.max(preBoot, found.preBootPower_W ?? 0)),
      }),
    },
  };
}
