/**
 * supervisor — the second opinion: feeds the watchdog line only on evidence it checked itself.
 *
 * Decides: fed or not fed, once per cycle record, and says why not in one sentence. Must never:
 * trust a sum it did not add up, feed from a timer, write to a disk on the feed path, or share the
 * decision code of `runtime` (ranks forbid the import). It reads its own copy of the signed site
 * file.
 * Source: SAFETY.md "Supervisor", "Watchdog line"; claims and return rules live in `mode`.
 */
export { decodeGridFrame, gridLayout, type GridFrame, type GridLayout } from './gridFrame';
export { decodeEnergy, energyLayout, type EnergyLayout } from './energyLayout';
export { EnergyCross, type EnergySample } from './energyCross';
export { addUp, type SumFinding } from './sums';
export { type LinesOut, lineStatus } from './lineStatus';
export { LineSet } from './lineSet';
export { ExcessWatch } from './excessWatch';
export {
  type Feed,
  FEED_TIMEOUT_ms,
  type StationMeters,
  Supervisor,
  type SupervisorKept,
  type SupervisorReport,
  type SupervisorSetup,
} from './supervisor';
