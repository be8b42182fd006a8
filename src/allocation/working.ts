import type { Admission } from './admission';
import type { Circuit } from './circuit';
import type { Layout } from './layout';
import type { Loads } from './loads';
import type { Support } from './sources';
import type { StationTable } from './stationTable';
import type { Targets } from './targets';
import type { Urgency } from './urgency';

/** Everything that is worked out on the way, for the reasons. */
export interface Working {
  readonly circuit: Circuit;
  readonly table: StationTable;
  readonly loads: Loads;
  readonly support: Support;
  readonly layout: Layout;
  readonly urgency: Urgency;
  /** Room for targets, with everything as it is now, and without battery support, by row. */
  readonly planRoom: Float64Array;
  readonly nowRoom: Float64Array;
  readonly bareRoom: Float64Array;
  readonly admission: Admission;
  readonly target: Targets;
  readonly grant: Float64Array;
  readonly held: Uint8Array;
}
