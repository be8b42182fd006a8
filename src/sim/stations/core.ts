import { later } from '../../time';
import type { Instant } from '../../time';
import { amps, evenly } from '../../units';
import type { Amps, ThreePhase } from '../../units';
import { ConnectorDraw, PILOT_MIN_A } from './draw';
import type { Profile } from './profileEngine';
import { ProfileEngine } from './profileEngine';
import { between, seededRandom, seedFor } from './random';
import type { Random } from './random';
import type { SimStationConfig, SimVehicle } from './types';

/** Nominal phase voltage of the simulated network. */
export const NOMINAL_V = 230;
const NEVER = 1e15;
const NOTHING: ThreePhase<Amps> = evenly(amps(0));

/** What the software of a station asks of its power electronics. */
export interface Session {
  readonly transaction: string;
  readonly started_ms: number;
}

interface Socket {
  readonly draw: ConnectorDraw;
  session: Session | undefined;
}

interface PendingOffer {
  readonly at: Instant;
  readonly offers: readonly number[];
}

/**
 * The electrical half of a station: limits in, currents out. Everything happens at computed
 * instants, so that any two ways of asking give the same truth; no timers.
 */
export class StationCore {
  readonly config: SimStationConfig;
  readonly engine: ProfileEngine;
  readonly random: Random;
  /** Ignores its profiles, as a lying station does. Its cut input still works. */
  ignoresProfiles = false;
  private readonly sockets: Socket[] = [];
  private readonly delay_ms: number;
  private clock_ms: number | undefined;
  private powered = false;
  private dark_until: Instant | undefined;
  private written_at: Instant | undefined;
  private cut_A = Number.POSITIVE_INFINITY;
  private pendingCut: { readonly at: Instant; readonly value_A: number } | undefined;
  private pending: PendingOffer[] = [];
  private aimed: readonly number[] = [];
  private engineNext_at: Instant;
  private cached: ThreePhase<Amps> = NOTHING;
  private cachedUntil_at: Instant;
  private reached_at: Instant;

  constructor(config: SimStationConfig, seed: number, now: Instant) {
    this.config = config;
    this.random = seededRandom(seedFor(seed, config.id));
    this.engine = new ProfileEngine(config.phases, NOMINAL_V);
    this.delay_ms = config.delay_ms ?? between(this.random, 200, 2_000);
    this.engineNext_at = later(now, NEVER);
    this.cachedUntil_at = now;
    this.reached_at = now;
    for (let i = 0; i < (config.connectors ?? 1); i += 1) {
      const draw = new ConnectorDraw(config.kind, this.random, NOMINAL_V, now);
      this.sockets.push({ draw, session: undefined });
    }
  }

  // --- inputs ------------------------------------------------------------------------------

  /** Its clock is set; before that, schedules cannot be judged and no profile applies. */
  setClock(wall_ms: number, now: Instant): void {
    this.advance(now);
    this.clock_ms = wall_ms - now;
    this.decide(now);
  }

  /** Wall time as this station knows it; undefined while its clock is not set. */
  wall_ms(now: Instant): number | undefined {
    return this.clock_ms === undefined ? undefined : this.clock_ms + now;
  }

  /** Mains on after a dark time; a station without a real-time clock has forgotten the time. */
  power(now: Instant, dark_ms: number, keepsClock: boolean): void {
    this.advance(now);
    for (const socket of this.sockets) socket.draw.interrupt(now);
    this.powered = true;
    this.pending = [];
    this.aimed = [];
    if (!keepsClock) this.clock_ms = undefined;
    this.dark_until = later(now, dark_ms);
    this.stale();
  }

  setLine(line: 'fed' | 'open', now: Instant): void {
    this.advance(now);
    const { cut } = this.config;
    if (cut === undefined) return;
    const value_A = line === 'open' ? cut.value_A : Number.POSITIVE_INFINITY;
    this.pendingCut = { at: later(now, cut.reaction_ms), value_A };
    this.stale();
  }

  /** Profiles or sessions changed. */
  changed(now: Instant): void {
    this.advance(now);
    this.decide(now);
  }

  /** A sane profile arrives; a flawed model refuses it or misunderstands it. */
  install(profile: Profile, now: Instant): 'Accepted' | 'Rejected' {
    const { ignoresDuration, refusesZero, minRenew_s = 0 } = this.config.flaws ?? {};
    const sooner = this.written_at !== undefined && now - this.written_at < minRenew_s * 1000;
    if (sooner) return 'Rejected';
    if (refusesZero === true && profile.periods.some(({ limit }) => limit === 0)) return 'Rejected';
    this.written_at = now;
    const endless = { ...profile, duration_s: NEVER };
    this.engine.install(ignoresDuration === true ? endless : profile);
    return 'Accepted';
  }

  setSession(connector: number, session: Session | undefined, now: Instant): void {
    this.advance(now);
    const socket = this.sockets[connector - 1];
    if (socket === undefined) return;
    socket.session = session;
    this.decide(now);
  }

  plug(vehicle: SimVehicle, now: Instant, connector: number): void {
    this.advance(now);
    const phases = vehicle.phases < this.config.phases ? vehicle.phases : this.config.phases;
    this.sockets[connector - 1]?.draw.plug({ ...vehicle, phases }, now);
    this.decide(now);
  }

  unplug(now: Instant, connector: number): void {
    this.advance(now);
    this.sockets[connector - 1]?.draw.unplug(now);
    this.decide(now);
  }

  // --- questions ---------------------------------------------------------------------------

  get connectors(): number {
    return this.sockets.length;
  }

  session(connector: number): Session | undefined {
    return this.sockets[connector - 1]?.session;
  }

  vehicle(connector: number): SimVehicle | undefined {
    return this.sockets[connector - 1]?.draw.plugged;
  }

  full(connector: number): boolean {
    return this.sockets[connector - 1]?.draw.full ?? false;
  }

  /** What the pilot of a connector is being set to, A. */
  offered(connector: number, now: Instant): number {
    this.advance(now);
    return this.aimed[connector - 1] ?? 0;
  }

  energy_Wh(connector: number, now: Instant): number {
    this.advance(now);
    return this.sockets[connector - 1]?.draw.energy_Wh(now) ?? 0;
  }

  /** Current of one connector on the station's own L1, L2, L3. */
  connectorCurrent(connector: number, now: Instant): readonly [number, number, number] {
    this.advance(now);
    const socket = this.sockets[connector - 1];
    const result: [number, number, number] = [0, 0, 0];
    if (socket !== undefined) spread(result, socket.draw, 0, now);
    return result;
  }

  trueCurrent(now: Instant): ThreePhase<Amps> {
    if (now < this.cachedUntil_at) return this.cached;
    this.advance(now);
    const sum: [number, number, number] = [0, 0, 0];
    for (const { draw } of this.sockets) {
      spread(sum, draw, this.config.rotation ?? 0, now);
    }
    this.cached = [amps(sum[0]), amps(sum[1]), amps(sum[2])];
    this.cachedUntil_at = this.next_at();
    return this.cached;
  }

  /** The limit the whole station holds itself to, A per phase. */
  ownLimit(now: Instant): number {
    this.advance(now);
    return Math.min(this.config.max_A, this.profileLimit(now), this.cut_A);
  }

  private profileLimit(now: Instant): number {
    const wall_ms = this.wall_ms(now);
    if (wall_ms === undefined || this.ignoresProfiles) return Number.POSITIVE_INFINITY;
    return this.engine.stationLimit(wall_ms).limit_A;
  }

  // --- time --------------------------------------------------------------------------------

  private next_at(): Instant {
    let next = this.nextEvent_at();
    for (const { draw } of this.sockets) {
      const own = draw.next_at();
      if (own < next) next = own;
    }
    return next;
  }

  private nextEvent_at(): Instant {
    let next = this.engineNext_at;
    const [offer] = this.pending;
    if (offer !== undefined && offer.at < next) next = offer.at;
    if (this.pendingCut !== undefined && this.pendingCut.at < next) next = this.pendingCut.at;
    if (this.dark_until !== undefined && this.dark_until < next) next = this.dark_until;
    return next;
  }

  private stale(): void {
    this.cachedUntil_at = this.reached_at;
  }

  /** Lives through all that happened up to `now`, in order. */
  private advance(now: Instant): void {
    for (;;) {
      const next = this.nextEvent_at();
      if (next > now) break;
      this.happen(next);
    }
    if (now > this.reached_at) this.reached_at = now;
  }

  private happen(at: Instant): void {
    this.reached_at = at;
    if (this.dark_until !== undefined && this.dark_until <= at) {
      this.dark_until = undefined;
      this.decide(at);
    }
    if (this.pendingCut !== undefined && this.pendingCut.at <= at) {
      this.cut_A = this.pendingCut.value_A;
      this.pendingCut = undefined;
      this.applyCut(at);
      this.decide(at);
    }
    if (this.engineNext_at <= at) this.decide(at);
    const [offer] = this.pending;
    if (offer !== undefined && offer.at <= at) {
      this.pending.shift();
      this.show(offer.offers, at);
    }
  }

  /** A cut acts on the pilot itself, past the software and its delay. */
  private applyCut(at: Instant): void {
    if (this.cut_A === Number.POSITIVE_INFINITY) return;
    this.pending = [];
    this.aimed = this.share(at);
    if (this.config.cut?.contactor === true && this.cut_A === 0) {
      for (const { draw } of this.sockets) draw.interrupt(at);
    }
    this.show(this.aimed, at);
  }

  private show(offers: readonly number[], at: Instant): void {
    offers.forEach((offer, index) => this.sockets[index]?.draw.offer(offer, at));
    this.stale();
  }

  /** Computes what each connector may have and sends it on its way. */
  private decide(now: Instant): void {
    this.stale();
    if (!this.powered || this.dark_until !== undefined) return;
    const offers = this.share(now);
    this.engineNext_at = this.engineChange(now);
    if (offers.length === this.aimed.length && offers.every((o, i) => o === this.aimed[i])) return;
    this.aimed = offers;
    const last = this.pending.at(-1);
    const at = later(now, this.delay_ms);
    this.pending.push({ at: last !== undefined && last.at > at ? last.at : at, offers });
  }

  private engineChange(now: Instant): Instant {
    const wall_ms = this.wall_ms(now);
    if (wall_ms === undefined || this.ignoresProfiles) return later(now, NEVER);
    let until_ms = this.engine.stationLimit(wall_ms).until_ms;
    this.sockets.forEach((_, index) => {
      until_ms = Math.min(until_ms, this.connectorLimit(index, wall_ms).until_ms);
    });
    return later(now, Math.min(NEVER, Math.max(1, until_ms - wall_ms)));
  }

  private connectorLimit(index: number, wall_ms: number): { limit_A: number; until_ms: number } {
    const session = this.sockets[index]?.session;
    return this.engine.connectorLimit(
      {
        connector: index + 1,
        ...(session && {
          transaction: session.transaction,
          transactionStart_ms: session.started_ms,
        }),
      },
      wall_ms,
    );
  }

  /** Splits the station's limit evenly over the active connectors; below 6 A it is a pause. */
  private share(now: Instant): readonly number[] {
    const wall_ms = this.wall_ms(now);
    const obeys = wall_ms !== undefined && !this.ignoresProfiles;
    const whole = Math.min(this.profileLimit(now), this.cut_A, this.config.max_A);
    const active = this.sockets.filter(
      ({ session, draw }) => session && draw.plugged && !draw.full,
    );
    let left = whole;
    let waiting = active.length;
    return this.sockets.map((socket, index) => {
      if (!active.includes(socket)) return 0;
      const own = obeys ? this.connectorLimit(index, wall_ms).limit_A : Number.POSITIVE_INFINITY;
      const offer = Math.min(left / waiting, own, this.config.max_A);
      waiting -= 1;
      const usable = this.config.kind === 'ac' && offer < PILOT_MIN_A ? 0 : Math.max(0, offer);
      left -= usable;
      return usable;
    });
  }
}

/** Adds a connector's current to the phases it uses. */
function spread(
  sum: [number, number, number],
  draw: ConnectorDraw,
  supply: number,
  now: Instant,
): void {
  const current = draw.current(now);
  const vehicle = draw.plugged;
  if (vehicle === undefined || current === 0) return;
  for (let i = 0; i < vehicle.phases; i += 1) {
    const phase = (i + vehicle.rotation + supply) % 3;
    if (phase === 0) sum[0] += current;
    else if (phase === 1) sum[1] += current;
    else sum[2] += current;
  }
}
