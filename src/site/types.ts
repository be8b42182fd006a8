import type { Instant } from '../time';
import type { Phase } from '../units';
import type { Curve } from './curve';
import type { SiteFile } from './siteFile';

type Item<T> = T extends readonly (infer U)[] ? U : never;

/** Where in the file a thing was declared; `path` leads to the line. */
export interface Located {
  readonly path: string;
}

/** A node of the circuit tree: the connection point (`grid`, no parent) or a circuit. */
export interface CircuitNode extends Located {
  readonly id: string;
  readonly parent?: string;
  /** Import limit per phase, A. */
  readonly import_A: number;
  /** Only at the connection point. */
  readonly apparent_VA?: number;
  readonly export_W?: number;
  readonly neutral_A?: number;
  /** Loads together, and what sources feed together, stay below it, A per phase. */
  readonly busbar_A?: number;
  readonly curve: Curve;
  /** Greatest base load per phase that hangs directly on this node, A. */
  readonly baseLoadMax_A: number;
}

export type StationFile = Item<SiteFile['stations']>;
export type BessFile = Item<SiteFile['bess']>;
export type PvFile = Item<SiteFile['pv']>;
export type MeterFile = Item<SiteFile['meters']>;
export type BusFile = Item<SiteFile['buses']>;
export type LineFile = Item<SiteFile['lines']>;

export interface Station extends StationFile, Located {
  /** Phases in the order of the station's own L1, L2, L3; one entry for single-phase stations. */
  readonly wiring: readonly Phase[];
}
export type Bess = BessFile & Located;
export type Pv = PvFile & Located;
export type Meter = MeterFile & Located;
export type Bus = BusFile & Located;
export type Line = LineFile & Located;

/** A site file that was decoded and whose references resolve. Frozen. */
export interface Site {
  readonly id: string;
  readonly name: string;
  readonly timezone: string;
  readonly nominal_V: number;
  readonly connection: SiteFile['connection_point'];
  /** Root first, parents before children. */
  readonly nodes: readonly CircuitNode[];
  readonly lines: readonly Line[];
  readonly buses: readonly Bus[];
  readonly meters: readonly Meter[];
  readonly gridMeter: Meter;
  readonly bess: readonly Bess[];
  readonly pv: readonly Pv[];
  readonly stations: readonly Station[];
  readonly leases: SiteFile['leases'];
  readonly drills: SiteFile['drills'];
  readonly planning?: NonNullable<SiteFile['planning']>;
  readonly uplinks: SiteFile['uplinks'];
  readonly ocpp: SiteFile['ocpp'];
  readonly cpms?: NonNullable<SiteFile['cpms']>;
  readonly thirdParties: SiteFile['third_parties'];
  readonly acceptedRisks: SiteFile['accepted_risks'];
}

/** Id of the connection point in every site. */
export const GRID = 'grid';

export type { Instant };
