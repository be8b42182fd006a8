/**
 * model — the vocabulary that the modules share: types only, no behaviour beyond constructors.
 *
 * One cycle goes: SiteState (frozen) -> Decision -> setpoints and station leases -> CycleRecord.
 * An absent value is `missing | stale | bad`, never 0, NaN or the last value with a new stamp.
 */
export * from './measurement';
export * from './stations';
export * from './limits';
export * from './siteState';
export * from './cycleRecord';
