import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DeviceProfile } from '../../device';
import { systemClock, systemTimers } from '../../io/clock';
import { createPduCodec } from '../../io/modbusSerial';
import { openUplink, type MqttUplink } from '../../io/mqtt';
import { hashSecret, listenOcpp, type OcppServer } from '../../io/ocppRpc';
import { SerialFramePort } from '../../io/serial';
import { openJournal } from '../../io/store';
import type { FramePort } from '../../modbus';
import {
  alarmPayload,
  type AuditEntry,
  type BusPlan,
  type SiteSnapshot,
  statePayload,
} from '../../runtime';
import type { DeviceCatalogue, Site } from '../../site';
import { topicOf } from '../../telemetry';
import { type Clock, later, type Timers } from '../../time';
import { type SimBroker, startBroker } from '../broker';
import {
  type DemoReport,
  demoReport,
  FaultRun,
  simDevicesOn,
  SiteUnderTest,
  type SiteUnderTestOptions,
} from '../composition';
import { createMemoryTcp, createSegment, type Segment } from '../segment';
import { type SimSite } from '../site';
import { webSocketTransport } from '../stations';

export interface DemoOptions {
  readonly site: Site;
  readonly profiles: ReadonlyMap<string, DeviceProfile>;
  readonly catalogue: DeviceCatalogue;
  readonly seed: number;
  readonly onSnapshot?: (snapshot: SiteSnapshot) => void;
  readonly onEvent?: (text: string) => void;
  /** Faults and weather of a campaign; absent: as the seed gives them. */
  readonly world?: Pick<SiteUnderTestOptions, 'inject' | 'baseLoad' | 'irradiance'>;
  /** The clock of the site: its wall clock may be wrong. Default: the system's. */
  readonly clock?: Clock;
}

export interface DemoSite {
  readonly rig: SiteUnderTest;
  readonly faults: FaultRun;
  /** By key of their plan. */
  readonly segments: ReadonlyMap<string, Segment>;
  readonly broker: SimBroker;
  /** What to connect to from outside: names and addresses. */
  readonly ports: Readonly<Record<string, string>>;
  report(): DemoReport;
  stop(): Promise<void>;
}

const WATCH_ms = 100;

/** Starts broker, OCPP server, simulated site and controller; resolves when all ports are open. */
export async function openDemo(options: DemoOptions): Promise<DemoSite> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-demo-'));
  const audit = openJournal({ folder: path.join(folder, 'audit') }).store;
  const broker = await startBroker();
  const uplink = openUplink({
    url: `mqtt://127.0.0.1:${broker.port}`,
    clientId: `holdfast-${options.site.id}-${options.seed}`,
  });
  const password = randomBytes(20).toString('hex');
  const secretHash = await hashSecret(password);
  const segments = new Map<string, Segment>();
  const clock = options.clock ?? systemClock;
  // The stations' address is known only when the server listens; they start after that.
  const address = { url: '' };
  const rig = new SiteUnderTest({
    site: options.site,
    profiles: options.profiles,
    catalogue: options.catalogue,
    clock,
    timers: systemTimers,
    seed: options.seed,
    codec: createPduCodec(),
    horizon_ms: 12 * 3_600_000,
    stationPassword: password,
    ...options.world,
    transportFor: () => ({
      open: (station, events) => webSocketTransport({ url: address.url }).open(station, events),
    }),
    portFor: (plan, sim, timers) => demoPort(plan, sim, timers, options.seed, segments),
    uplink: {
      publish: (snapshot) => publish(uplink, options.site.id, snapshot),
      connected: uplink.connected,
    },
    audit: {
      append: (entry: AuditEntry) => {
        const record = { at: new Date(systemClock.wall_ms()).toISOString(), ...entry };
        audit.append(Buffer.from(JSON.stringify(record)));
        options.onEvent?.(`${entry.kind} ${entry.subject}: ${entry.text}`);
      },
    },
    ...(options.onSnapshot === undefined ? {} : { onSnapshot: options.onSnapshot }),
  });
  const server: OcppServer = await listenOcpp({
    port: 0,
    fleet: rig.fleet,
    clock,
    credentialOf: (id) =>
      options.site.stations.some((s) => s.id === id) ? { secretHash } : undefined,
    onEvent: (e) => {
      options.onEvent?.(`ocpp ${e.code} ${e.station ?? ''}: ${e.text}`);
      rig.gateEvent(e.code, e.station ?? 'gate', e.text);
    },
  });
  address.url = server.url;
  const faults = new FaultRun({ rig, setUplink: (up) => broker.setUp(up) }, systemClock.now());
  const stopWatching = watchFaults(faults);
  rig.start();
  return {
    rig,
    faults,
    segments,
    broker,
    ports: { mqtt: `mqtt://127.0.0.1:${broker.port}`, ocpp: server.url, audit: folder },
    report: () => reportOf(rig, faults, [...segments.values()], options.seed),
    stop: async () => {
      stopWatching();
      rig.stop();
      await close(uplink, server, broker);
      audit.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function close(uplink: MqttUplink, server: OcppServer, broker: SimBroker): Promise<void> {
  await uplink.close();
  await server.close();
  await broker.close();
}

function demoPort(
  plan: BusPlan,
  sim: SimSite,
  timers: Timers,
  seed: number,
  segments: Map<string, Segment>,
): FramePort {
  const devices = simDevicesOn(plan, sim);
  if (plan.bus.kind === 'tcp') return createMemoryTcp({ clock: systemClock, timers, devices });
  const { baud, parity } = plan.bus;
  // The wire outlives the process that speaks on it.
  const segment =
    segments.get(plan.key) ??
    createSegment({ clock: systemClock, timers: systemTimers, baud, devices, seed });
  segments.set(plan.key, segment);
  return new SerialFramePort({
    path: 'emulated',
    baudRate: baud,
    parity,
    clock: systemClock,
    timers,
    binding: segment.binding,
    echo: 'none',
  });
}

function publish(uplink: MqttUplink, site: string, s: SiteSnapshot): void {
  uplink.publish(topicOf(site, 'state'), JSON.stringify(statePayload(s)));
  uplink.publish(topicOf(site, 'alarms'), JSON.stringify(alarmPayload(s)));
}

function watchFaults(faults: FaultRun): () => void {
  let cancel: () => void = () => undefined;
  const look = (): void => {
    const now = systemClock.now();
    faults.watch(now);
    cancel = systemTimers.at(later(now, WATCH_ms), look);
  };
  look();
  return () => cancel();
}

function reportOf(
  rig: SiteUnderTest,
  faults: FaultRun,
  segments: readonly Segment[],
  seed: number,
): DemoReport {
  const wires = segments.map((s) => s.statistics());
  const accepted = rig.firstAccepted_at;
  return demoReport(rig, {
    faults: faults.results(),
    wire: {
      utilisation: Math.max(0, ...wires.map((w) => w.utilisation)),
      t35_violations: wires.reduce((n, w) => n + w.t35_violations, 0),
    },
    rss_MiB: process.memoryUsage().rss / 1_048_576,
    started_ms: accepted === undefined ? null : performance.now() - (systemClock.now() - accepted),
    seed,
    connected: rig.fleet.stats().connected,
  });
}
