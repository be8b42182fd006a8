/**
 * What `check` must know of a device profile; given by the composition, since `device` ranks
 * above.
 */
export interface DeviceFacts {
  readonly nature: 'meter' | 'bess' | 'pv';
  /** Register counts of the blocks read in one poll. */
  readonly blocks: readonly number[];
  /** Registers written by one setpoint with its lease, in blocks. */
  readonly writes: readonly number[];
  /** A meter whose six phase values come in one cyclic reply, which the supervisor can decode. */
  readonly phasesInOneRead?: boolean;
  /** A meter that counts imported energy. Absent = not known. */
  readonly countsEnergy?: boolean;
  /** What its nature asks for and the device does not measure; absent = nothing. */
  readonly lacks?: readonly string[];
  /**
   * Where its profile says it may go after a lease, as shares of the rating: to `min_share` (0 to
   * -1, charging) and up to `max_share`. Absent = not known.
   */
  readonly expiry?: { readonly min_share: number; readonly max_share: number };
  /** `none`: no dynamic setpoints. */
  readonly lease:
    | 'none'
    | {
        readonly min_s: number;
        readonly max_s: number;
        /** Whether reads restart the device's timer, too. Absent = no. */
        readonly fedByReads?: boolean;
      };
}

/** Profile id -> facts, or undefined when no such profile exists. */
export type DeviceCatalogue = (profile: string) => DeviceFacts | undefined;
