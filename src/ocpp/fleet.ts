import type { LeaseBatch, StationImage } from '../model';
import { between, later, passed } from '../time';
import type { Instant } from '../time';
import { AbilityBook } from './abilityBook';
import { AuthorisationCache } from './authorisation';
import { ControllerSession } from './controllerSession';
import { Backlog } from './backlog';
import { MAX_TEXT_16, MAX_TEXT_201, parseFrame } from './codec';
import type { FleetConfig, FleetEventCode, OcppProtocol, StationLink } from './config';
import type {
  BatchOutcome,
  ConnectOutcome,
  FleetStats,
  StationAbilityRow,
  StationFleet,
  StationPort,
} from './fleetTypes';
import type { RelayShared } from './relayServices';
import type { RelayStats } from './relayTypes';
import type { SelfTestReport } from './selfTest';
import type { SelfTestOptions } from './selfTestScript';
import { StationSession } from './session';
import type { Counts, SessionContext } from './sessionContext';

/** Without a batch for this long the lease profiles are cleared actively. */
const SILENCE_CLEAR_MS = 10_000;
/** A batch older than this was held up on its way; its leases would outlive the decision. */
const BATCH_MAX_AGE_MS = 3_000;
/** A boot that has decided nothing for so long is over. */
const BOOT_GONE_MS = 10_000;
/** Former boot ids remembered, so that a batch of a dead process never counts as new. */
const REMEMBERED_BOOTS = 16;

/**
 * Creates the sessions of a site. Pure but for the ports in `config`.
 * @param now - monotonic instant of creation; the site may be silent for one TTL from here
 */
export function createStationFleet(config: FleetConfig, now: Instant): StationFleet {
  return new Fleet(config, now);
}

class Fleet implements StationFleet {
  private readonly sessions = new Map<string, StationSession>();
  private readonly counts: Counts = {
    leasesAcknowledged: 0,
    leasesRejected: 0,
    leasesRefused: 0,
    batchesRefused: 0,
    callsTimedOut: 0,
    badFrames: 0,
  };
  private tested: StationSession | undefined;
  private formerBoots: readonly string[] = [];
  private bootId: string | undefined;
  private cycle = -1;
  private lastBatch_at: Instant;
  private clear_at: Instant;
  private readonly context: SessionContext;
  private readonly controller: ControllerSession | undefined;

  constructor(config: FleetConfig, now: Instant) {
    this.lastBatch_at = now;
    this.clear_at = later(now, SILENCE_CLEAR_MS);
    this.context = contextOf(config, this.counts, now);
    this.controller = controllerOf(config, this.context, now);
    for (const station of config.stations) {
      this.sessions.set(station.id, new StationSession(station, this.context, now));
    }
  }

  connect(id: string, link: StationLink, protocol: OcppProtocol, now: Instant): ConnectOutcome {
    const session = this.sessions.get(id);
    if (session === undefined) return { accepted: false, reason: 'unknown-station' };
    if (this.silent(session, now)) return { accepted: false, reason: 'site-silent' };
    session.open(link, protocol, now);
    return { accepted: true, port: portOf(session, link) };
  }

  private silent(session: StationSession, now: Instant): boolean {
    return passed(later(this.lastBatch_at, session.configured.ttl_ms), now);
  }

  apply(batch: LeaseBatch, now: Instant): BatchOutcome {
    const reason = this.refusalOf(batch, now);
    if (reason !== undefined) {
      this.counts.batchesRefused += 1;
      this.context.event('', 'batch-refused', `batch of cycle ${batch.cycle}: ${reason}`, now);
      return { accepted: false, reason };
    }
    if (this.bootId !== batch.bootId) {
      const before = this.bootId === undefined ? [] : [this.bootId];
      const others = this.formerBoots.filter((boot) => boot !== batch.bootId);
      this.formerBoots = [...others, ...before].slice(-REMEMBERED_BOOTS);
      this.bootId = batch.bootId;
    }
    this.cycle = batch.cycle;
    this.lastBatch_at = now;
    this.clear_at = later(now, SILENCE_CLEAR_MS);
    for (const lease of batch.leases) this.sessions.get(lease.station)?.lease(lease, batch, now);
    return { accepted: true };
  }

  private refusalOf(
    batch: LeaseBatch,
    now: Instant,
  ): Exclude<BatchOutcome, { accepted: true }>['reason'] | undefined {
    // What a dead process left on its way comes within seconds. One that still decides when the boot
    // after it has long been silent is no former one: that was a stranger, or it died.
    const gone = passed(later(this.lastBatch_at, BOOT_GONE_MS), now);
    if (this.formerBoots.includes(batch.bootId) && !gone) return 'old-boot';
    if (batch.bootId === this.bootId && batch.cycle <= this.cycle) return 'out-of-order';
    const age_ms = between(batch.decided_at, now);
    if (age_ms > BATCH_MAX_AGE_MS) return 'stale';
    if (age_ms < 0) return 'from-the-future';
    return undefined;
  }

  tick(now: Instant): void {
    for (const session of this.sessions.values()) session.tick(now);
    this.controller?.tick(now);
    this.context.shared?.authorisations.tick(now);
    if (!passed(later(this.lastBatch_at, SILENCE_CLEAR_MS), now)) return;
    const clearing = passed(this.clear_at, now);
    if (clearing) this.clear_at = later(now, SILENCE_CLEAR_MS);
    for (const [id, session] of this.sessions) this.whileSilent(id, session, clearing, now);
  }

  private whileSilent(id: string, session: StationSession, clearing: boolean, now: Instant): void {
    if (session.linked === undefined) return;
    if (this.silent(session, now)) {
      this.context.event(id, 'closed-site-silent', 'no decision for the station TTL', now);
      session.linked.close(1001, 'controller not ready');
    } else if (clearing && session.leasePossible(now)) {
      this.context.event(id, 'lease-cleared-site-silent', 'no decision for 10 s', now);
      session.clearLease(now);
    }
  }

  images(now: Instant): readonly StationImage[] {
    const images: StationImage[] = [];
    for (const session of this.sessions.values()) images.push(session.image(now));
    return images;
  }

  changed(): boolean {
    for (const session of this.sessions.values()) if (session.changed) return true;
    return false;
  }

  stats(): FleetStats {
    let connected = 0;
    for (const session of this.sessions.values()) if (session.linked !== undefined) connected += 1;
    return { connected, ...this.counts };
  }

  startSelfTest(id: string, options: SelfTestOptions, now: Instant): string | undefined {
    const session = this.sessions.get(id);
    if (session === undefined) return `there is no station "${id}"`;
    const last = this.selfTest();
    if (last?.phase === 'running') return `a self-test of ${last.station} is running`;
    const refused = session.startSelfTest(options, now);
    if (refused === undefined) this.tested = session;
    return refused;
  }

  selfTest(): SelfTestReport | undefined {
    return this.tested?.selfTest?.report();
  }

  abortSelfTest(why: string, now: Instant): void {
    this.tested?.selfTest?.abort(why, now);
  }

  abilities(): readonly StationAbilityRow[] {
    const { book } = this.context;
    return [...this.sessions].map(([station, session]) => {
      const model = book.modelOf(station);
      const found = book.found(station);
      return {
        station,
        connected: session.linked !== undefined,
        protocol: session.protocol,
        floorVerified: session.floorVerified,
        ...(model !== undefined && { model }),
        declared: session.configured.abilities,
        ...(found !== undefined && { found }),
        used: session.station.abilities,
      };
    });
  }

  holdAtFloor(station: string, held: boolean, now: Instant): void {
    this.sessions.get(station)?.holdAtFloor(held, now);
  }

  noteSecurity(code: string, text: string, now: Instant): void {
    this.controller?.note(code, text, now);
  }

  relayStats(): RelayStats | undefined {
    const { shared } = this.context;
    if (shared === undefined) return undefined;
    let attached = 0;
    for (const session of this.sessions.values()) {
      if (session.relay?.attached === true) attached += 1;
    }
    const { size: backlog, repeated } = shared.backlog;
    const controller = this.controller?.booted === true;
    return { attached, controller, backlog, repeated, ...shared.counts };
  }
}

/** Binds calls to one link, so that a replaced or closed socket cannot speak for the station. */
function portOf(session: StationSession, link: StationLink): StationPort {
  const live = (): boolean => session.linked === link;
  return {
    receive(frame, now) {
      if (live()) session.receive(frame, now);
    },
    receiveText(text, now) {
      if (!live()) return;
      const longest = session.protocol === 'ocpp1.6' ? MAX_TEXT_16 : MAX_TEXT_201;
      const parsed = parseFrame(text, longest);
      if (parsed.ok) session.receive(parsed.frame, now);
      else session.receiveBad(parsed, now);
    },
    closed(now) {
      if (live()) session.shut(now);
    },
  };
}

function sharedOf(config: FleetConfig): RelayShared | undefined {
  const { relay } = config;
  return (
    relay && {
      config: relay,
      backlog: new Backlog(relay.store, relay.recovered),
      authorisations: new AuthorisationCache(relay.tags),
      idPrefix: config.idPrefix,
      nominal_V: config.nominal_V ?? 230,
      wall_ms: config.wall_ms,
      counts: { relayed: 0, denied: 0, dropped: 0 },
    }
  );
}

function controllerOf(
  { relay, wall_ms }: FleetConfig,
  context: SessionContext,
  now: Instant,
): ControllerSession | undefined {
  if (relay?.controller === undefined) return undefined;
  const ports = {
    connect: relay.connect,
    wall_ms,
    newId: () => context.newId(),
    tell: (code: FleetEventCode, text: string, at: Instant) => context.event('', code, text, at),
  };
  return new ControllerSession(relay.controller, ports, now);
}

function contextOf(config: FleetConfig, counts: Counts, now: Instant): SessionContext {
  const shared = sharedOf(config);
  let lastId = 0;
  // Transaction ids of 1.6 are 32-bit; seconds since 2020 keep restarts apart.
  let lastTransaction = Math.max(0, Math.floor(config.wall_ms(now) / 1000) - 1_577_836_800);
  return {
    config,
    book: config.abilities ?? new AbilityBook(),
    nominal_V: config.nominal_V ?? 230,
    counts,
    ...(shared !== undefined && { shared }),
    newId: () => `${config.idPrefix}${(lastId += 1).toString(36)}`,
    newTransaction: () => (lastTransaction = (lastTransaction + 1) % 0x7fff_ffff),
    event(station, code: FleetEventCode, text, at, hint) {
      config.onEvent?.({ at, station, code, text, ...(hint !== undefined && { hint }) });
    },
  };
}
