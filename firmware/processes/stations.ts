/** Process `stations`: OCPP towards the stations; takes leases from `site`, gives observations. */
import { existsSync, readFileSync } from 'node:fs';
import { systemClock, systemTimers } from '../../src/io/clock';
import { connectIpc, listenIpc } from '../../src/io/ipc';
import {
  listenOcpp,
  schemaCheck,
  type StationCredential,
  upstreamConnector,
} from '../../src/io/ocppRpc';
import { KeptFile, openRecords } from '../../src/io/store';
import {
  createOcppGuard,
  type OcppGuard,
  type OcppPolicy,
  STRICT_POLICY,
} from '../../src/guard/ocpp';
import {
  AbilityBook,
  createStationFleet,
  type RelayConfig,
  type StationFleet,
} from '../../src/ocpp';
import { decodeLeaseBatch, decodeModeAndLinks, stationConfig } from '../../src/runtime';
import type { Site } from '../../src/site';
import { type Instant, later } from '../../src/time';
import { armSite } from './armSite';
import { type ProcessConfig, socketsIn } from './config';
import { log } from './log';
import { StationFacts } from './stationFacts';
import { openStationsConsole } from './stationsConsole';

const NAME = 'stations';

/** Runs until the process ends. */
export async function stationsProcess(config: ProcessConfig): Promise<void> {
  const { site } = armSite(config.siteFile, config.trust);
  const credentials = readSecrets(config.secrets);
  const wall_ms = (at: number): number => systemClock.wall_ms() + (at - systemClock.now());
  const guard = createOcppGuard(policyOf(site), wall_ms);
  const facts = new StationFacts((text) => log(NAME, text), systemClock.now());
  const relay = await relayTo(site, config, guard);
  const fleet = createStationFleet(
    {
      stations: site.stations.map((s) => stationConfig(site, s)),
      idPrefix: config.bootId.slice(0, 8),
      wall_ms,
      guard: guard.own,
      ...(relay === undefined ? {} : { relay }),
      authorise: () => 'Accepted',
      nominal_V: site.nominal_V,
      abilities: abilityBook(config),
      onEvent: (e) => facts.fleet(e),
    },
    systemClock.now(),
  );
  const { host, port } = listenAddress(site.ocpp.listen);
  const server = await listenOcpp({
    host,
    port,
    fleet,
    clock: systemClock,
    credentialOf: (station) => credentials.get(station),
    onEvent: (e) => facts.gate(e),
  });
  log(NAME, `listening on ${server.url}`);
  const sockets = socketsIn(config.state);
  await openStationsConsole(sockets.consoleToStations, fleet, systemClock);
  const hello = { kind: 'hello', body: { process: NAME, bootId: config.bootId, pid: process.pid } };
  const toSite = await listenIpc({
    path: sockets.siteToStations,
    onMessage: (message) => {
      if (message.kind === 'leases') {
        const batch = decodeLeaseBatch(message.body);
        if (batch !== undefined) fleet.apply(batch, systemClock.now());
      } else if (message.kind === 'mode') decodeModeAndLinks(message.body);
    },
  });
  const toSupervisor = connectIpc({
    path: sockets.stationsToSupervisor,
    hello,
    onMessage: () => undefined,
  });
  const tell = (due: Instant): void => {
    const now = systemClock.now();
    fleet.tick(now);
    const images = fleet.images(now);
    const { leasesAcknowledged } = fleet.stats();
    const cpms = (fleet.relayStats()?.attached ?? 0) > 0 ? 'up' : 'down';
    toSite.send({
      kind: 'images',
      body: { at: now, images, leasesAcknowledged, cpms, ...facts.told(now) },
    });
    toSupervisor.send({ kind: 'meters', body: { at: now, ...sumOf(fleet, now) } });
    const next = later(now - due > 2000 ? now : due, 500);
    systemTimers.at(next, () => tell(next));
  };
  tell(systemClock.now());
}

function sumOf(fleet: StationFleet, now: Instant): { sum_W?: number } {
  let sum_W = 0;
  for (const image of fleet.images(now)) {
    if (image.power_W === undefined) return {};
    sum_W += image.power_W;
  }
  return { sum_W };
}

function listenAddress(text: string): { host: string; port: number } {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
}

/** What self-tests found, kept over restarts. */
function abilityBook(config: ProcessConfig): AbilityBook {
  const path = `${config.state}/station-abilities.json`;
  const file = new KeptFile(path, (text) => log(NAME, `abilities not stored: ${text}`));
  const kept = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  return new AbilityBook(kept, (text) => file.save(Buffer.from(text)));
}

/** What the signed site file lets the CPMS do; without one, nothing. */
function policyOf(site: Site): OcppPolicy {
  if (site.cpms === undefined) return STRICT_POLICY;
  return {
    ...STRICT_POLICY,
    firmwareHosts: site.cpms.firmware_hosts,
    logHosts: site.cpms.log_hosts,
    dataTransferVendors: site.cpms.data_transfer_vendors,
  };
}

/** The way to the CPMS, with records that survive a kill; undefined when the site has none. */
async function relayTo(
  site: Site,
  config: ProcessConfig,
  guard: OcppGuard,
): Promise<RelayConfig | undefined> {
  if (site.cpms === undefined) return undefined;
  const { store, recovered } = openRecords(`${config.state}/ocpp-records`);
  log(NAME, `CPMS ${site.cpms.url}, ${recovered.length} records wait for it`);
  return {
    connect: upstreamConnector({ url: site.cpms.url, clock: systemClock }),
    store,
    recovered,
    fromCpms: guard.fromCpms,
    fromStation: guard.fromStation,
    schema: await schemaCheck(['ocpp1.6', 'ocpp2.0.1']),
    whenDetached: site.cpms.when_detached,
    provisionalIds: site.cpms.provisional_ids,
  };
}

/** `station hash` per line; a line that is not of this form is skipped and named. */
function readSecrets(file: string): ReadonlyMap<string, StationCredential> {
  const secrets = new Map<string, StationCredential>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [station, secretHash, ...more] = line.trim().split(/\s+/);
    if (station === undefined || station === '' || station.startsWith('#')) continue;
    if (secretHash === undefined || more.length > 0) log(NAME, `secrets: bad line for ${station}`);
    else secrets.set(station, { secretHash });
  }
  return secrets;
}
