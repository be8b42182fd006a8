/**
 * Messages between the processes (design "IPC"): what each may say, checked field by field. A
 * message
 * that does not decode is dropped and counted; it never reaches a decision.
 */
import type { CycleRecord, LeaseBatch, Links, Mode, StationImage } from '../model';
import { type DigestedEvent, STATION_CONDITION_CODES, type StationCondition } from '../ocpp';
import { type Instant, instant } from '../time';
import { type Amps, amps, type ThreePhase, watts, type Watts } from '../units';
import type { SupervisorStatus } from './ports';
import { type Decode, flag, listOf, number, oneOf, shape, text, threeNumbers } from './wireShape';

const when: Decode<Instant> = (v) => {
  const n = number(v);
  return n === undefined ? undefined : instant(n);
};
const ampere: Decode<Amps> = (v) => {
  const n = number(v);
  return n === undefined ? undefined : amps(n);
};
const watt: Decode<Watts> = (v) => {
  const n = number(v);
  return n === undefined ? undefined : watts(n);
};
const threeAmps: Decode<ThreePhase<Amps>> = (v) => {
  const list = threeNumbers(v);
  return list === undefined ? undefined : [amps(list[0]), amps(list[1]), amps(list[2])];
};
const id = text(64);
const mode: Decode<Mode> = oneOf('normal', 'blind', 'static', 'cut', 'service');
const links: Decode<Links> = shape({ uplink: oneOf('up', 'down'), cpms: oneOf('up', 'down') });
/** Stations of one site at most; larger lists are refused. */
const STATIONS_MAX = 1000;

const connectorStatus = oneOf(
  'Available',
  'Preparing',
  'Charging',
  'SuspendedEVSE',
  'SuspendedEV',
  'Finishing',
  'Reserved',
  'Unavailable',
  'Faulted',
);

export const decodeStationImage: Decode<StationImage> = shape(
  {
    station: id,
    connected: flag,
    floorVerified: flag,
    status: connectorStatus,
    wantsEnergy: flag,
    lastSeen_at: when,
  },
  {
    power_W: watt,
    current_A: threeAmps,
    metered_at: when,
    energy_Wh: number,
    lease: shape({ limit_A: ampere, cycle: number, acknowledged_at: when, ends_at: when }),
    requested_A: ampere,
    departs_at: when,
    energyNeed_Wh: number,
  },
);

/** stations -> site, each second and on change. */
export interface StationImages {
  readonly at: Instant;
  readonly images: readonly StationImage[];
  readonly leasesAcknowledged: number;
  readonly cpms: 'up' | 'down';
  /** What is wrong at gate and sessions now, for alarms. */
  readonly conditions: readonly StationCondition[];
  /** Newest events, repeated until newer ones push them out, for the audit. */
  readonly events: readonly DigestedEvent[];
}
/** Conditions and events in one message at most; `stations` holds fewer. */
const FACTS_MAX = 256;
export const decodeStationImages: Decode<StationImages> = shape({
  at: when,
  images: listOf(decodeStationImage, STATIONS_MAX),
  leasesAcknowledged: number,
  cpms: oneOf('up', 'down'),
  conditions: listOf(
    shape({ code: oneOf(...STATION_CONDITION_CODES), station: id, text: text(200) }),
    FACTS_MAX,
  ),
  events: listOf(
    shape({
      sequence: number,
      code: id,
      station: id,
      text: text(200),
      repeats: number,
      over_ms: number,
    }),
    FACTS_MAX,
  ),
});

/** site -> stations, each cycle. */
export const decodeLeaseBatch: Decode<LeaseBatch> = shape({
  bootId: id,
  cycle: number,
  decided_at: when,
  leases: listOf(
    shape({
      station: id,
      limit_A: ampere,
      action: oneOf('grant', 'renew', 'lower', 'clear', 'keep'),
      ttl_ms: number,
    }),
    STATIONS_MAX,
  ),
});

export interface ModeAndLinks {
  readonly mode: Mode;
  readonly links: Links;
}
export const decodeModeAndLinks: Decode<ModeAndLinks> = shape({ mode, links });

/** site -> supervisor, each cycle. */
export const decodeCycleRecord: Decode<CycleRecord> = shape(
  {
    bootId: id,
    cycle: number,
    latched_at: when,
    decided_at: when,
    wall_ms: number,
    mode,
    links,
    entries: listOf(
      shape(
        {
          id,
          kind: oneOf('station', 'bess', 'pv'),
          commanded: number,
          proved: oneOf('acknowledged', 'reserved', 'pending'),
          counted: number,
        },
        { ends_at: when },
      ),
      STATIONS_MAX + 64,
    ),
    oldestUnacknowledged_ms: number,
    decisionDone: flag,
  },
  {
    gridFrame: shape({ device: id, at: when, frame: text(600) }),
    energyFrame: shape({ device: id, at: when, frame: text(600) }),
    isolate: listOf(id, 32),
  },
);

/** stations -> supervisor, each second. */
export interface StationMetersMessage {
  readonly at: Instant;
  readonly sum_W?: number;
}
export const decodeStationMeters: Decode<StationMetersMessage> = shape(
  { at: when },
  { sum_W: number },
);

/** supervisor -> site, each period. */
const contact = oneOf('energised', 'dropped', 'unknown');
export const decodeSupervisorStatus: Decode<SupervisorStatus> = shape(
  { answers: flag, line: contact, latched: flag, text: text(300), acceptedRecords: number },
  { lines: listOf(shape({ id, state: contact, leftOut: flag, stuck: flag }), 32) },
);

/** First message on each connection. */
export interface Hello {
  readonly process: string;
  readonly bootId: string;
  readonly pid: number;
}
export const decodeHello: Decode<Hello> = shape({ process: id, bootId: id, pid: number });
