import type { Instant } from '../time';
import type { Amps, ThreePhase, VoltAmps, Watts } from '../units';

/** Who asks for a limit; the composition is by minimum and keeps the source. */
export type LimitSource =
  | 'contract'
  | 'circuit'
  | 'energy-window'
  | 'grid-operator'
  | 'cpms'
  | 'cpo'
  | 'technician'
  | 'vendor'
  | 'static-plan'
  | 'station'
  | 'contingency'
  | 'lease-order'
  | 'slew'
  | 'share'
  | 'mode';

/** One reason why a value is not higher, in words that `why` prints. */
export interface Reason {
  readonly source: LimitSource;
  /** Rule in one clause, with numbers: "grid limit 100 A on L2 less 62 A base load". */
  readonly text: string;
  /** Node or device it belongs to. */
  readonly at: string;
  /** Value of the bound, A per phase, where it has one. */
  readonly limit_A?: number;
  readonly expires_at?: Instant;
  /** Age of the evidence behind it, ms. */
  readonly age_ms?: number;
}

/** A bound on a node, in force until `expires_at` (absent: permanent, from the signed site file). */
export interface NodeLimit {
  readonly node: string;
  readonly source: LimitSource;
  readonly import_A?: ThreePhase<Amps>;
  readonly import_W?: Watts;
  readonly import_VA?: VoltAmps;
  readonly export_W?: Watts;
  readonly text: string;
  readonly expires_at?: Instant;
}

export type Authority = 'cpo' | 'cpms' | 'grid-operator' | 'technician' | 'vendor';

/** A wish of another party. It is weighed in the next cycle and never acts on arrival. */
export interface LimitRequest {
  readonly id: string;
  readonly authority: Authority;
  readonly limit: NodeLimit;
  readonly received_at: Instant;
  /** In force from here on; absent: at once. A schedule is one request for each of its steps. */
  readonly starts_at?: Instant;
  readonly expires_at: Instant;
}

/** A value for a field device, before it is encoded and guarded. */
export interface Setpoint {
  readonly device: string;
  readonly quantity: 'bess-power' | 'pv-limit';
  /** W; positive = discharge for a BESS, generation bound for PV. */
  readonly value: Watts;
  readonly ttl_ms: number;
  readonly action: 'grant' | 'renew' | 'clear';
  readonly reasons: readonly Reason[];
}
