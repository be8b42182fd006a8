/**
 * What the slow loop looks at and what it answers. Powers in kW, energies in kWh, prices per kWh.
 */

export interface Battery {
  readonly capacity_kWh: number;
  readonly charge_kW: number;
  readonly discharge_kW: number;
  /** One way, 0..1. */
  readonly efficiency: number;
  /** Lowest and highest state of charge used, 0..1. */
  readonly socMin: number;
  readonly socMax: number;
  /** Cost of moving one kWh through the battery once. */
  readonly cycleCost: number;
}

/** Prices of the steps ahead: what import costs, what export earns. */
export interface PriceView {
  readonly import: readonly number[];
  readonly export: readonly number[];
}

/** Which days are alike: working day, Saturday, Sunday and public holiday. */
export type DayKind = 'working' | 'saturday' | 'sunday';

/** What was measured on site, step by step from a local midnight; NaN where nothing was. */
export interface SiteHistory {
  readonly stepsPerDay: number;
  readonly load_kW: ArrayLike<number>;
  readonly sun_kW: ArrayLike<number>;
  readonly dayKind: (day: number) => DayKind;
}

/** Energy that vehicles are expected to need over the horizon, as one aggregate. */
export interface VehicleNeed {
  readonly energy_kWh: number;
  readonly power_kW: number;
  /** Cost of each kWh that is not delivered: far above any price. */
  readonly unservedCost: number;
}

/**
 * The slow loop's answer. Never a setpoint: the fast loop may ignore it, and after `expires_ms` it
 * must. Field names as in the allocation's `StorageAdvice`.
 */
export interface StoragePlan {
  readonly mode: 'balance' | 'delay' | 'charge';
  /** Energy is used down to `socMin`, the sun is stored up to `socMax`. */
  readonly socMin: number;
  readonly socMax: number;
  /** In mode `charge`: state of charge up to which the grid fills. */
  readonly chargeTo?: number;
  readonly peakTarget_W?: number;
  /** What one more kWh in the battery is worth now. */
  readonly shadowPrice: number;
  /** Cost of the horizon if the forecast holds. */
  readonly expectedCost?: number;
  readonly why: string;
  readonly expires_ms: number;
}
