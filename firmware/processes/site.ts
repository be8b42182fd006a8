/**
 * Process `site`: field bus, guard and cycle. Its only network is Modbus TCP to declared devices.
 */
import { randomBytes } from 'node:crypto';
import { systemClock, systemTimers } from '../../src/io/clock';
import { connectIpc, type IpcClient } from '../../src/io/ipc';
import { loadOrCreateKey, loadPublicKey } from '../../src/io/keys';
import { createPduCodec } from '../../src/io/modbusSerial';
import { SerialFramePort } from '../../src/io/serial';
import { TcpFramePort } from '../../src/io/tcp';
import { compileRules, ModbusGuard } from '../../src/guard';
import type { FramePort } from '../../src/modbus';
import {
  assembleBuses,
  type AuditPort,
  type BusAssembly,
  type BusPlan,
  busPlans,
  decodePlan,
  decodeStationImages,
  decodeSupervisorStatus,
  deviceCatalogue,
  guardedDevices,
  type StationImages,
  siteFacts,
  SiteRuntime,
  type StationsPort,
  type SupervisorPort,
  type SupervisorStatus,
  toolLines,
  historyValues,
  type PlanMessage,
  type SiteSnapshot,
  statePayload,
  alarmPayload,
  type UplinkPort,
} from '../../src/runtime';
import { topicOf } from '../../src/telemetry';
import { between, type Instant } from '../../src/time';
import { armSite } from './armSite';
import { BusDoor } from './busDoor';
import { type ProcessConfig, socketsIn } from './config';
import { BoardInputs } from './boardInputs';
import { openConsole } from './consoleSocket';
import { openDrillBook } from './drillBook';
import { log } from './log';
import { ModeDoor } from './modeDoor';
import { ServiceDoor } from './serviceDoor';
import { StopNote } from './stopNote';

const NAME = 'site';
/** A peer whose last message is older than this is silent. */
const SILENT_ms = 3000;

/** Runs until the process ends. */
export async function siteProcess(config: ProcessConfig): Promise<void> {
  const { site, profiles } = armSite(config.siteFile, config.trust);
  const sockets = socketsIn(config.state);
  // Each life counts its cycles from 1: only by another id are its records and leases believed.
  const bootId = `${config.bootId}.${randomBytes(4).toString('hex')}`;
  const hello = { kind: 'hello', body: { process: NAME, bootId, pid: process.pid } };
  const recorder = recorderPeer(sockets.siteToRecorder, hello);
  const { audit } = recorder;
  const planner = plannerPeer(
    site.planning === undefined ? undefined : sockets.siteToPlanner,
    hello,
    (message) => runtime.takePlan(message),
  );
  const stations = stationsPeer(sockets.siteToStations, hello);
  const supervisor = supervisorPeer(sockets.siteToSupervisor, hello);
  const mode = { current: (): ReturnType<SiteRuntime['mode']> => 'static' };
  const assembly: BusAssembly = {
    plans: busPlans(site),
    guard: new ModbusGuard(compileRules(guardedDevices(site, profiles))),
    codec: createPduCodec(),
    clock: systemClock,
    timers: systemTimers,
    portFor: realPort,
    mode: () => mode.current(),
    onDenied: (device, text) => audit.append({ kind: 'denial', subject: device, text }),
    onLink: (key, open, text) => log(NAME, `bus ${key} ${open ? 'open' : 'closed'}: ${text}`),
  };
  const buses = assembleBuses(assembly);
  const key = loadOrCreateKey(`${config.state}/device.key`);
  const drillFile = `${config.state}/drills.json`;
  const wall_ms = systemClock.wall_ms();
  const stopNote = new StopNote(`${config.state}/stop-unacknowledged`);
  const contacts = new BoardInputs(config.inputs ?? [], {
    clock: systemClock,
    timers: systemTimers,
    say: (text) => log(NAME, text),
  });
  const runtime = new SiteRuntime(
    {
      facts: siteFacts(site, deviceCatalogue),
      profiles,
      bootId,
      start: config.start,
      onSnapshot: (snapshot) => {
        recorder.values(snapshot);
        planner.values(snapshot);
        void stopNote.follow(runtime.stopUnacknowledged());
      },
    },
    {
      clock: systemClock,
      timers: systemTimers,
      buses,
      stations: stations.port,
      supervisor: supervisor.port,
      uplink: uplinkPeer(sockets.siteToUplink, hello, site.id, site.uplinks.length > 0),
      audit,
      inputs: contacts.port,
      drillBook: openDrillBook({ file: drillFile, site: site.id, key, wall_ms }),
    },
  );
  mode.current = () => runtime.mode();
  const doorMode = new ModeDoor({
    runtime,
    forcedFile: `${config.state}/forced-static`,
    clock: systemClock,
  });
  const service = new ServiceDoor({
    site: site.id,
    keys: config.trust.map(loadPublicKey),
    file: `${config.state}/service-sequences.json`,
    clock: systemClock,
    audit,
    openService: (until) => runtime.openService(until),
  });
  const signer = { key, site: site.id };
  const bus = new BusDoor({
    lines: toolLines(assembly, buses, (on, now) => runtime.devices.notYetStatic(on, now)),
    runtime,
    service,
    clock: systemClock,
    timers: systemTimers,
    audit,
  });
  await openConsole(sockets.console, { runtime, signer, mode: doorMode, service, bus });
  doorMode.restore();
  if (stopNote.standing()) runtime.restoreStop();
  contacts.watchStops(runtime);
  runtime.start();
  log(NAME, `site ${site.id} armed, ${site.stations.length} stations`);
  process.once('SIGTERM', () => {
    runtime.stop();
    // The record of the clean stop is on its way to the recorder.
    setTimeout(() => process.exit(0), 200);
  });
}

function realPort(plan: BusPlan): FramePort {
  const problem = (error: { message: string } | string): void =>
    log(NAME, typeof error === 'string' ? error : error.message);
  if (plan.bus.kind === 'rtu') {
    return new SerialFramePort({
      path: plan.bus.port ?? '',
      baudRate: plan.bus.baud,
      parity: plan.bus.parity,
      latency_ms: plan.bus.latency_ms,
      clock: systemClock,
      timers: systemTimers,
      onProblem: problem,
    });
  }
  const [host, port] = (plan.host ?? '').split(':');
  return new TcpFramePort({
    host: host ?? '',
    port: Number(port ?? 502),
    clock: systemClock,
    timers: systemTimers,
    onProblem: problem,
  });
}

/** Entries kept while the recorder is away; beyond it the oldest are only in the log. */
const AUDIT_BACKLOG_MAX = 1000;

/** The `recorder` process: audit entries in order, values each cycle. Never waits for a disk. */
function recorderPeer(
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
function plannerPeer(
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
function uplinkPeer(path: string, hello: Hello, site: string, wanted: boolean): UplinkPort {
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

interface Hello {
  readonly kind: string;
  readonly body: unknown;
}

function stationsPeer(path: string, hello: Hello): { port: StationsPort } {
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

function supervisorPeer(path: string, hello: Hello): { port: SupervisorPort } {
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
