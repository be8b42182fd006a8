import type { Frame, OcppProtocol } from '../../ocpp';
import type { Clock, Instant, Timers } from '../../time';
import type { Amps, ThreePhase } from '../../units';

/** A vehicle at its plug. Its reaction delay is drawn from the station's seed when it is absent. */
export interface SimVehicle {
  readonly phases: 1 | 2 | 3;
  /** First phase it uses as wired: 0 = L1, 1 = L2, 2 = L3. */
  readonly rotation: 0 | 1 | 2;
  /** Most it draws per phase. */
  readonly max_A: number;
  /** Energy it still wants; it stops there. */
  readonly need_Wh: number;
  /** Share of the need after which the current falls linearly to 10 %. Absent: no taper. */
  readonly taperFrom?: number;
  /** Time from a changed pilot to the changed current. AC 200-5000 ms, DC 300-2000 ms. */
  readonly reaction_ms?: number;
}

/** A vehicle that comes and goes at given instants. */
export interface SimSession {
  readonly station: string;
  readonly plug_at: Instant;
  readonly unplug_at: Instant;
  readonly vehicle: SimVehicle;
}

export const SIM_BEHAVIOURS = [
  'honest',
  'sloppy',
  'lying',
  'slow',
  'flapping',
  'hostile',
  'flooding',
  'pre-boot-gap',
] as const;
/**
 * honest: obeys. sloppy: accepts everything, shows no schedule. lying: reports what it was told and
 * draws what it likes. slow: answers after 3-6 s. flapping: drops its connection every 5-30 s.
 * hostile: sends garbage between its messages. flooding: sends 500 messages a second.
 * pre-boot-gap: knows no time and obeys no profile from power-on until its boot is answered.
 */
export type SimBehaviour = (typeof SIM_BEHAVIOURS)[number];

export interface SimStationConfig {
  readonly id: string;
  readonly kind: 'ac' | 'dc';
  readonly phases: 1 | 2 | 3;
  /** How the supply is wired: which site phase is its L1. */
  readonly rotation?: 0 | 1 | 2;
  readonly max_A: number;
  readonly connectors?: number;
  readonly password?: string;
  /** Default 1.6. */
  readonly protocol?: OcppProtocol;
  /** Default honest. */
  readonly behaviour?: SimBehaviour;
  readonly meterInterval_s?: number;
  /** Limit that holds at the terminals while the cut input is active (line open). */
  readonly cut?: {
    readonly value_A: number;
    readonly reaction_ms: number;
    /** The cut opens a contactor: the current is gone at once, not after the vehicle reacted. */
    readonly contactor?: boolean;
  };
  /** Keeps the time over a power cycle. Default true; false makes the pre-boot gap. */
  readonly realTimeClock?: boolean;
  /** Time from a changed limit to the changed pilot; drawn (200-2000 ms) when absent. */
  readonly delay_ms?: number;
  readonly maxStackLevel?: number;
  readonly unit?: 'A' | 'W';
  /** Flaws of real models, which a self-test must find. */
  readonly flaws?: {
    /** A limit stays for ever. */
    readonly ignoresDuration?: boolean;
    /** 0 A is rejected. */
    readonly refusesZero?: boolean;
    /** A profile written sooner than this after the last one is rejected, s. */
    readonly minRenew_s?: number;
  };
  /** Told in the BootNotification. Default `1.0`. */
  readonly firmware?: string;
}

/** One simulated station. Only the site simulator and tests touch it; it is the truth. */
export interface SimStation {
  readonly id: string;
  /** True RMS current drawn from L1, L2, L3 of the site at `now` (never earlier than before). */
  trueCurrent_A(now: Instant): ThreePhase<Amps>;
  /** Limit its own profile engine holds at `now`, A per phase. */
  ownLimit_A(now: Instant): number;
  /** Energy through its meter, Wh. */
  energy_Wh(now: Instant): number;
  /** Cut input: `open` = watchdog line dropped. */
  setLine(line: 'fed' | 'open', now: Instant): void;
  /** Switches a behaviour on, or back to the configured one. */
  setBehaviour(behaviour: SimBehaviour | undefined, now: Instant): void;
  plug(vehicle: SimVehicle, now: Instant, connector?: number): void;
  unplug(now: Instant, connector?: number): void;
  /** Power cycle: forgets what is in RAM, keeps installed profiles, boots again. */
  reboot(now: Instant): void;
  readonly online: boolean;
}

/** How simulated stations reach the local controller. */
export interface SimTransport {
  open(station: SimStationConfig, events: SimLinkEvents): SimLink;
}

export interface SimLinkEvents {
  opened(): void;
  received(frame: Frame): void;
  /** Also called when the connection could not be made. */
  closed(code: number, reason: string): void;
}

export interface SimLink {
  send(frame: Frame): void;
  /** Any text at all, for hostile stations. */
  sendText(text: string): void;
  close(): void;
}

export interface SimStationsOptions {
  readonly stations: readonly SimStationConfig[];
  readonly transport: SimTransport;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly seed: number;
  /** Absent: vehicles come only by `plug`. */
  readonly sessions?: readonly SimSession[];
}

export interface SimStations {
  readonly stations: readonly SimStation[];
  station(id: string): SimStation | undefined;
  /** Powers all stations on. */
  start(): void;
  stop(): void;
}
