/** Process `stations`: OCPP towards the stations; takes leases from `site`, gives observations. */
import { existsSync, readFileSync } from 'node:fs';
import { systemClock, systemTimers } from '../../src/io/clock';
import { connectIpc, listenIpc } from '../../src/io/ipc';
import { listenOcpp } from '../../src/io/ocppRpc';
import { KeptFile } from '../../src/io/store';
import { createOcppGuard } from '../../src/guard/ocpp';
import { AbilityBook, createStationFleet } from '../../src/ocpp';
import {
  decodeLeaseBatch,
  decodeModeAndLinks,
  stationConfig,
  stationsLeast_W,
} from '../../src/runtime';
import { type Instant, later } from '../../src/time';
import { armSite } from './armSite';
import { type ProcessConfig, socketsIn } from './config';
import { log } from './log';
import { readPairs } from './pairs';
import { StationFacts } from './stationFacts';
import { openStationsConsole } from './stationsConsole';
import { policyOf, relayTo, unknownTag, versionsOf } from './stationsRelay';
import {
  certainTime,
  credentialsOf,
  openPasswords,
  serverTls,
  watchDenyList,
} from './stationsTrust';

const NAME = 'stations';

/** Runs until the process ends. */
export async function stationsProcess(config: ProcessConfig): Promise<void> {
  const { site } = armSite(config.siteFile, config.trust);
  const say = (text: string): void => log(NAME, text);
  const issued = readPairs(config.secrets, say);
  const passwords = openPasswords(config.state);
  const certain = certainTime(config.state, say);
  const wall_ms = (at: number): number => systemClock.wall_ms() + (at - systemClock.now());
  const guard = createOcppGuard(policyOf(site), wall_ms);
  const facts = new StationFacts(say, systemClock.now());
  const relay = await relayTo(site, config.state, guard, passwords, say);
  const fleet = createStationFleet(
    {
      stations: site.stations.map((s) => stationConfig(site, s)),
      idPrefix: config.bootId.slice(0, 8),
      wall_ms,
      guard: guard.own,
      ...(relay === undefined ? {} : { relay }),
      authorise: () => unknownTag(site),
      nominal_V: site.nominal_V,
      abilities: abilityBook(config),
      onEvent: (e) => facts.fleet(e),
    },
    systemClock.now(),
  );
  const denied = watchDenyList(
    site,
    config,
    facts.denyList(() => systemClock.now()),
  );
  const tls = serverTls(site, config.state);
  const { host, port } = listenAddress(site.ocpp.listen);
  const server = await listenOcpp({
    host,
    port,
    fleet,
    clock: systemClock,
    protocols: ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'],
    protocolsOf: versionsOf(site),
    credentialOf: credentialsOf(site, issued, passwords),
    onNextHash: (station, hash) => passwords.used(station, hash),
    ...(tls !== undefined && { tls }),
    certificates: {
      surely_ms: () => certain.surely_ms(),
      denied: () => {
        denied.refresh();
        return denied.list.denied;
      },
      grace_ms: site.ocpp.certificate_grace_days * 86_400_000,
    },
    onEvent: (e) => {
      facts.gate(e);
      fleet.noteSecurity(e.code, e.text, e.at);
    },
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
  const round = (now: Instant): void => {
    fleet.tick(now);
    const images = fleet.images(now);
    const { leasesAcknowledged } = fleet.stats();
    const cpms = (fleet.relayStats()?.attached ?? 0) > 0 ? 'up' : 'down';
    toSite.send({
      kind: 'images',
      body: { at: now, images, leasesAcknowledged, cpms, ...facts.told(now) },
    });
    toSupervisor.send({ kind: 'meters', body: { at: now, sum_W: stationsLeast_W(images, now) } });
  };
  const tell = (due: Instant): void => {
    const now = systemClock.now();
    const next = later(now - due > 2000 ? now : due, 500);
    // Before the round: a bug in one must not be the end of all.
    systemTimers.at(next, () => tell(next));
    round(now);
  };
  tell(systemClock.now());
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
