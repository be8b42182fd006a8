/** The other processes as `site` sees them: each behind its socket, none is ever waited for. */
import { systemClock } from '../../src/io/clock';
import { connectIpc, type IpcClient } from '../../src/io/ipc';
import {
  alarmPayload,
  type AuditPort,
  decodePlan,
  decodeStationImages,
  decodeSupervisorStatus,
  historyValues,
  type PlanMessage,
  type SiteSnapshot,
  type StationImages,
  statePayload,
  type StationsPort,
  type SupervisorPort,
  type SupervisorStatus,
  type UplinkPort,
} from '../../src/runtime';
import { topicOf } from '../../src/telemetry';
import { between, type Instant } from '../../src/time';
import { log } from './log';

const NAME = 'site';
/** A peer whose last message is older than this is silent. */
const SILENT_ms = 3000;
/** Entries kept while the recorder is away; beyond it the oldest are only in the log. */
const AUDIT_BACKLOG_MAX = 1000;

/** The `recorder` process: audit entries in order, values each cycle. Never waits for a disk. */
export function recorderPeer(
  path: string,
  hello: Hello,
): { audit: AuditPort; values: (snapshot: SiteSnapshot) => void } {
  let waiting: unknown[] = [];
  const ipc = connectIpc({
    path,
    hello,
    onMessage: () => undefined,
    onChange: (connected) => {
      if (!connected) return;
      for (const record of waiting) ipc.send({ kind: 'audit', body: record });
      waiting = [];
    },
  });
  return {
    audit: {
      append: (entry) => {
        const record = { at: new Date(systemClock.wall_ms()).toISOString(), ...entry };
        log(NAME, `${entry.kind} ${entry.subject}: ${entry.text}`);
        if (ipc.connected()) ipc.send({ kind: 'audit', body: record });
        else waiting = [...waiting, record].slice(-AUDIT_BACKLOG_MAX);
      },
    },
    values: (s) => ipc.send({ kind: 'values', body: historyValues(s) }),
  };
}

/** The `planner` process; nothing is connected where the site file plans nothing. */
export function plannerPeer(
  path: string | undefined,
  hello: Hello,
  take: (message: PlanMessage) => void,
): { values: (snapshot: SiteSnapshot) => void } {
  if (path === undefined) return { values: () => undefined };
  const ipc = connectIpc({
    path,
    hello,
    onMessage: (message) => {
      const decoded = message.kind === 'plan' ? decodePlan(message.body) : undefined;
      if (decoded !== undefined) take(decoded);
    },
  });
  return { values: (s) => ipc.send({ kind: 'values', body: historyValues(s) }) };
}

/** The `uplink` process; without one in the site file nothing is connected. */
export function uplinkPeer(path: string, hello: Hello, site: string, wanted: boolean): UplinkPort {
  if (!wanted) return { publish: () => undefined, connected: () => false };
  let up = false;
  const ipc = connectIpc({
    path,
    hello,
    onMessage: (message) => {
      up = message.kind === 'connected' && message.body === true;
    },
  });
  return {
    publish: (s) => {
      ipc.send({
        kind: 'publish',
        body: { topic: topicOf(site, 'state'), payload: statePayload(s) },
      });
      const alarms = { topic: topicOf(site, 'alarms'), payload: alarmPayload(s) };
      ipc.send({ kind: 'publish', body: alarms });
    },
    connected: () => up && ipc.connected(),
  };
}

/** The first message on each connection. */
export interface Hello {
  readonly kind: string;
  readonly body: unknown;
}

export function stationsPeer(path: string, hello: Hello): { port: StationsPort } {
  let latest: StationImages | undefined;
  let heard_at: Instant | undefined;
  const ipc: IpcClient = connectIpc({
    path,
    hello,
    onMessage: (message) => {
      const images = message.kind === 'images' ? decodeStationImages(message.body) : undefined;
      if (images === undefined) return;
      latest = images;
      heard_at = systemClock.now();
    },
  });
  const fresh = (): boolean =>
    heard_at !== undefined && between(heard_at, systemClock.now()) <= SILENT_ms;
  return {
    port: {
      images: () => (fresh() ? (latest?.images ?? []) : []),
      gone: () => heard_at !== undefined && !ipc.connected(),
      apply: (batch) => ipc.send({ kind: 'leases', body: batch }),
      cpms: () => (fresh() ? (latest?.cpms ?? 'down') : 'down'),
      leasesAcknowledged: () => latest?.leasesAcknowledged ?? 0,
      conditions: () => (fresh() ? (latest?.conditions ?? []) : []),
      events: () => latest?.events ?? [],
      modeAndLinks: (mode, links) => ipc.send({ kind: 'mode', body: { mode, links } }),
    },
  };
}

export function supervisorPeer(path: string, hello: Hello): { port: SupervisorPort } {
  let status: SupervisorStatus | undefined;
  let heard_at: Instant | undefined;
  const ipc = connectIpc({
    path,
    hello,
    onMessage: (message) => {
      const decoded = message.kind === 'status' ? decodeSupervisorStatus(message.body) : undefined;
      if (decoded === undefined) return;
      status = decoded;
      heard_at = systemClock.now();
    },
  });
  return {
    port: {
      send: (record) => ipc.send({ kind: 'record', body: record }),
      lineDrill: (line) => ipc.send({ kind: 'line-drill', body: line }),
      release: () => ipc.send({ kind: 'release', body: null }),
      status: () =>
        // One that ended is told at once; one that hangs, when it has been silent for too long.
        ipc.connected() &&
        status !== undefined &&
        heard_at !== undefined &&
        between(heard_at, systemClock.now()) <= SILENT_ms
          ? status
          : {
              answers: false,
              line: 'unknown',
              latched: status?.latched ?? false,
              text: 'no answer from the supervisor',
              acceptedRecords: status?.acceptedRecords ?? 0,
            },
    },
  };
}
