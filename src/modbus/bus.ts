import type { Instant } from '../time';
import type { FramePort, WireTimes } from './framePort';
import type { PduRequest, ReadBitsRequest, ReadRequest } from './pdu';
import type { Tap } from './portSwitch';

/**
 * 0 safety write · 1 lease renewal and its read-back · 2 control read (grid meter) · 3 telemetry ·
 * 4 slow values and identity.
 */
export type BusPriority = 0 | 1 | 2 | 3 | 4;

/** Why a request has no answer. A closed set; `text` says it in words. */
export type BusFailure =
  | 'timeout'
  | 'crc'
  | 'truncated'
  | 'invalid-reply'
  | 'exception'
  | 'denied'
  | 'malformed'
  | 'expired'
  | 'superseded'
  | 'disconnected'
  | 'not-ready'
  | 'backoff'
  | 'queue-full'
  | 'ambiguous';

export type BusResult =
  | {
      readonly ok: true;
      /** Empty for a write. Bits as 0 or 1. */
      readonly registers: readonly number[];
      readonly received_at: Instant;
      /** Raw reply as an RTU ADU; the supervisor decodes it again with its own decoder. */
      readonly frame: Uint8Array;
      /** From the first byte of the request to the last of the reply, ms. */
      readonly roundTrip_ms: number;
      /** When the request's first byte left; the age of what it reports is counted from here. */
      readonly sent_at: Instant;
    }
  | {
      readonly ok: false;
      readonly reason: BusFailure;
      readonly text: string;
      /** Exception code when `reason` is 'exception'. */
      readonly exception?: number;
      /** Whether the request may have reached the device (a write must then be read back). */
      readonly sent: boolean;
    };

/** One thing to ask of one device. `onDone` is called exactly once, never inside `submit`. */
export interface BusRequest {
  /** Id of a device named in `BusOptions.devices`. */
  readonly device: string;
  readonly request: PduRequest;
  readonly priority: BusPriority;
  /** Not sent at or after this instant; then it is dropped and reported as 'expired'. */
  readonly deadline: Instant;
  /** Latest wins: a waiting request of the same device and group is superseded by this one. */
  readonly group?: string;
  /** Who asks, for the guard's rules; absent = our own control loop ('site'). */
  readonly source?: string;
  /** Asked only once: silence is an answer, too (a scan). */
  readonly once?: boolean;
  readonly onDone: (result: BusResult, now: Instant) => void;
}

/** See Bus.visit. */
export interface BusVisitRequest {
  readonly unit: number;
  readonly request: ReadRequest | ReadBitsRequest;
  readonly source: string;
  readonly deadline: Instant;
  readonly onDone: BusRequest['onDone'];
}

export type Verdict = { readonly allow: true } | { readonly allow: false; readonly reason: string };

/** Port: the guard. Asked immediately before a request is encoded, for every attempt. */
export type Judge = (
  unit: number,
  request: PduRequest,
  context: { readonly device: string; readonly source: string; readonly now: Instant },
) => Verdict;

/** What the engine must know of one device. */
export interface BusDevice {
  readonly id: string;
  /** Unit id, 1..247 on RTU, 0..255 on TCP. */
  readonly unit: number;
  /** Silence wanted before a request beyond t3.5, ms (default 0). */
  readonly extraGap_ms?: number;
  /** Turnaround assumed until it is measured, ms (default 250). */
  readonly turnaround_ms?: number;
  /** How long after a timeout a late reply is to be feared, ms (default 1000). */
  readonly late_ms?: number;
  /** Longest pause between probes of a dead device, ms (default 60,000). */
  readonly backoffMax_ms?: number;
}

export type DeviceHealth = 'unknown' | 'alive' | 'suspect' | 'dead';

/** Figures of one device since the start; quantiles over the last 128 answers. */
export interface DeviceStatistics {
  readonly device: string;
  readonly health: DeviceHealth;
  readonly answered: number;
  readonly failed: Readonly<Partial<Record<BusFailure, number>>>;
  readonly roundTrip_ms:
    { readonly p50: number; readonly p95: number; readonly p99: number } | undefined;
  readonly lastGood_at: Instant | undefined;
  /** Share of the time since the start in which this device held the bus, 0..1. */
  readonly utilisation: number;
  readonly nextProbe_at: Instant | undefined;
}

export interface BusStatistics {
  readonly open: boolean;
  readonly waiting: number;
  /** Share of the time since the start in which a transaction was under way, 0..1. */
  readonly utilisation: number;
  readonly transactions: number;
  readonly errors: number;
  readonly strayBytes: number;
  readonly devices: readonly DeviceStatistics[];
  /** Time in which visits held the bus, since the last `endVisits`, ms. */
  readonly visits_ms: number;
}

/** The bus as the rest of the runtime sees it: engine, port, clock and timers bound together. */
export interface Bus {
  submit(request: BusRequest): void;
  statistics(): BusStatistics;
  /** How one device stands now: `suspect` from its first answer that did not come. */
  health(device: string): DeviceHealth;
  /** A read of any unit for a person: last in the queue, once, judged under `source`. */
  visit(visit: BusVisitRequest): void;
  /** Forgets the units that were visited; what still waits for them fails. */
  endVisits(): void;
  /** Every frame on the line until the result is called; `tap` must be quick. */
  tap(tap: Tap): () => void;
  readonly wire: WireTimes;
  /** How often the port was opened: whoever answers after another opening may be another device. */
  readonly openings: number;
  /** Takes the port away: all that waits fails as 'disconnected'. False when it is away already. */
  suspend(reason: string): boolean;
  /** Gives the bus a new port and opens it. */
  resume(port: FramePort): void;
  /** Reports everything waiting as 'disconnected' and closes the port. */
  stop(): void;
}
