/**
 * Process `site`: field bus, guard and cycle. Its only network is Modbus TCP to declared devices.
 */
import { randomBytes } from 'node:crypto';
import { systemClock, systemTimers } from '../../src/io/clock';
import { loadOrCreateKey, loadPublicKey } from '../../src/io/keys';
import { createPduCodec } from '../../src/io/modbusSerial';
import { SerialFramePort } from '../../src/io/serial';
import { TcpFramePort } from '../../src/io/tcp';
import { compileRules, ModbusGuard } from '../../src/guard';
import type { FramePort } from '../../src/modbus';
import {
  assembleBuses,
  type BusAssembly,
  type BusPlan,
  busPlans,
  deviceCatalogue,
  guardedDevices,
  longestRetry_ms,
  siteFacts,
  SiteRuntime,
  toolLines,
} from '../../src/runtime';
import { armSite } from './armSite';
import { BusDoor } from './busDoor';
import { type ProcessConfig, socketsIn } from './config';
import { BoardInputs } from './boardInputs';
import { openConsole } from './consoleSocket';
import { openDrillBook } from './drillBook';
import { log } from './log';
import { ModeDoor } from './modeDoor';
import { RepeatLog } from './repeatLog';
import { ServiceDoor } from './serviceDoor';
import { plannerPeer, recorderPeer, stationsPeer, supervisorPeer, uplinkPeer } from './sitePeers';
import { StopNote } from './stopNote';

const NAME = 'site';
const sayIt = (text: string): void => log(NAME, text);

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
  // A device that opens and fails for ever must not fill the log.
  const busLog = new RepeatLog({ clock: systemClock, timers: systemTimers, say: sayIt });
  const mode = { current: (): ReturnType<SiteRuntime['mode']> => 'static' };
  const assembly: BusAssembly = {
    plans: busPlans(site),
    guard: new ModbusGuard(compileRules(guardedDevices(site, profiles))),
    codec: createPduCodec(),
    clock: systemClock,
    timers: systemTimers,
    portFor: (plan) => {
      // After a loan the line is another story.
      busLog.beginAnew(plan.key);
      return realPort(plan, busLog);
    },
    mode: () => mode.current(),
    onDenied: (device, text) => audit.append({ kind: 'denial', subject: device, text }),
    onLink: (key, open, text) =>
      busLog.tell(key, `bus ${key} ${open ? 'open' : `closed: ${text}`}`),
  };
  const buses = assembleBuses(assembly);
  const key = loadOrCreateKey(`${config.state}/device.key`);
  const drillFile = `${config.state}/drills.json`;
  const wall_ms = systemClock.wall_ms();
  const stopNote = new StopNote(`${config.state}/stop-unacknowledged`);
  const contacts = new BoardInputs(config.inputs ?? [], {
    clock: systemClock,
    timers: systemTimers,
    say: sayIt,
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

function realPort(plan: BusPlan, busLog: RepeatLog): FramePort {
  const problem = (error: { message: string } | string): void =>
    busLog.tell(plan.key, typeof error === 'string' ? error : error.message);
  const retryMax_ms = longestRetry_ms(plan);
  if (plan.bus.kind === 'rtu') {
    return new SerialFramePort({
      path: plan.bus.port ?? '',
      baudRate: plan.bus.baud,
      parity: plan.bus.parity,
      latency_ms: plan.bus.latency_ms,
      retryMax_ms,
      clock: systemClock,
      timers: systemTimers,
      onProblem: problem,
    });
  }
  const [host, port] = (plan.host ?? '').split(':');
  return new TcpFramePort({
    host: host ?? '',
    port: Number(port ?? 502),
    jitter: Math.random,
    retryMax_ms,
    clock: systemClock,
    timers: systemTimers,
    onProblem: problem,
  });
}
