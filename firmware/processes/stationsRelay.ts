/** The way from `stations` to the CPMS: policy of the signed site file, records, credentials. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../../src/io/clock';
import { schemaCheck, upstreamConnector } from '../../src/io/ocppRpc';
import { KeptFile, openRecords } from '../../src/io/store';
import { type OcppGuard, type OcppPolicy, STRICT_POLICY } from '../../src/guard/ocpp';
import type {
  AuthorisationStatus,
  OcppProtocol,
  PasswordBook,
  RelayConfig,
  TagMemory,
} from '../../src/ocpp';
import type { Site } from '../../src/site';
import { readPairs } from './pairs';
import { inState, tagDigest, TRUST_FILES } from './stationsTrust';

type Cpms = NonNullable<Site['cpms']>;

/** What the signed site file lets the CPMS do; without one, nothing. Pure. */
export function policyOf(site: Site): OcppPolicy {
  const { cpms } = site;
  if (cpms === undefined) return STRICT_POLICY;
  return {
    ...STRICT_POLICY,
    firmwareHosts: cpms.firmware_hosts,
    logHosts: cpms.log_hosts,
    dataTransferVendors: cpms.data_transfer_vendors,
    passwordRotation: cpms.password_rotation !== 'refuse',
  };
}

/**
 * The answer to a tag that the CPMS never spoke of, while it is away. Without a CPMS in the site
 * file everybody may charge: there is nobody to ask, ever. Pure.
 */
export function unknownTag(site: Site): AuthorisationStatus {
  return site.cpms === undefined || site.cpms.unknown_tags === 'accept' ? 'Accepted' : 'Invalid';
}

/** The OCPP versions of each station, most wanted first; undefined = not declared. Pure. */
export function versionsOf(site: Site): (station: string) => readonly OcppProtocol[] | undefined {
  const declared = new Map(site.stations.map((s) => [s.id, s.ocpp]));
  return (station) => {
    const version = declared.get(station);
    if (version === undefined || version === 'any') return undefined;
    // A model that is declared for 2.1 may still come with older firmware.
    if (version === '2.1') return ['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'];
    return [`ocpp${version}`];
  };
}

/** The schemas that are needed; those of 2.1 are large. Pure. */
function spoken(site: Site): readonly OcppProtocol[] {
  const base = ['ocpp1.6', 'ocpp2.0.1'] as const;
  return site.stations.some((s) => s.ocpp === '2.1') ? [...base, 'ocpp2.1'] : base;
}

/** The relay with records that survive a kill; undefined when the site has no CPMS. */
export async function relayTo(
  site: Site,
  state: string,
  guard: OcppGuard,
  passwords: PasswordBook,
  problem: (text: string) => void,
): Promise<RelayConfig | undefined> {
  const { cpms } = site;
  if (cpms === undefined) return undefined;
  const { store, recovered } = openRecords(`${state}/ocpp-records`);
  problem(`CPMS ${cpms.url}, ${recovered.length} records wait for it`);
  const { controller_id: id, controller_version: version } = site.ocpp;
  return {
    connect: connector(cpms, state, passwords, problem),
    store,
    recovered,
    fromCpms: guard.fromCpms,
    fromStation: guard.fromStation,
    schema: await schemaCheck(spoken(site)),
    whenDetached: cpms.when_detached,
    provisionalIds: cpms.provisional_ids,
    tags: tagMemory(state, problem),
    ...(cpms.password_rotation !== 'refuse' && {
      rotation: { mode: cpms.password_rotation, port: passwords },
    }),
    ...(id !== '' && {
      controller: { id, protocol: `ocpp${version}` as const, firmware: 'holdfast' },
    }),
  };
}

function connector(
  cpms: Cpms,
  state: string,
  passwords: PasswordBook,
  problem: (text: string) => void,
): RelayConfig['connect'] {
  const issued = readPairs(path.join(state, TRUST_FILES.cpmsPasswords), problem);
  const ca = inState(state, TRUST_FILES.cpmsIssuers);
  const cert = inState(state, TRUST_FILES.cpmsCertificate);
  const key = inState(state, TRUST_FILES.cpmsKey);
  return upstreamConnector({
    url: cpms.url,
    clock: systemClock,
    compress: cpms.compression,
    passwordsOf: (station) => passwords.upstreamOf(station, issued.get(station)),
    onWorked: (station, password) => passwords.upstreamWorked(station, password),
    tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  });
}

function tagMemory(state: string, problem: (text: string) => void): TagMemory {
  const path = `${state}/station-tags.json`;
  const file = new KeptFile(path, (text) => problem(`tags not stored: ${text}`));
  return {
    ...(existsSync(path) && { kept: readFileSync(path, 'utf8') }),
    save: (text) => file.save(Buffer.from(text)),
    digest: tagDigest(state),
  };
}
