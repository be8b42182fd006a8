import type { Mode, StationLease } from '../model';
import { circuitPath } from '../site';
import { amps } from '../units';
import type { Instant } from '../time';
import type { Decision } from './decision';
import {
  abortDrill,
  type Drill,
  type DrillFacts,
  type DrillKind,
  GRANT_A,
  nextDrill,
  startDrill,
  unusedUntil,
} from './drill';
import {
  type DrillBook,
  drillConditions,
  type DrillDuty,
  duties,
  newest_ms,
  notSelfExpiring,
  withResult,
} from './drillBook';
import { type ClockStart, clockStart, countedWall_ms } from './drillClock';
import { DropWatch, drillFactsOf } from './drillFacts';
import type { RuntimePorts } from './ports';
import type { SiteFacts } from './siteFacts';
import type { SiteSnapshot } from './snapshot';
import type { StationTracker } from './stationTracker';

/** Duties change by the day; they are looked at this often, cycles. */
const DUTIES_EVERY = 60;

/** At most one drill of a site at a time, inside its cycle; and what earlier ones have shown. */
export class DrillRun {
  private readonly siteFacts: SiteFacts;
  private readonly trackers: ReadonlyMap<string, StationTracker>;
  private readonly ports: RuntimePorts;
  private drill: Drill | undefined;
  private last: SiteSnapshot | undefined;
  private watch = new DropWatch();
  /** The one lease of a drill on a station that may not be raised otherwise. */
  private granted = false;
  private book: DrillBook;
  private standing: readonly DrillDuty[] = [];
  private barred: ReadonlySet<string> = new Set();
  private now_: SiteFacts;
  private countdown = 0;
  private begun: ClockStart;
  private jumped_ms = 0;

  constructor(
    facts: SiteFacts,
    trackers: ReadonlyMap<string, StationTracker>,
    ports: RuntimePorts,
  ) {
    this.siteFacts = facts;
    this.trackers = trackers;
    this.ports = ports;
    this.now_ = facts;
    const wall_ms = ports.clock.wall_ms();
    this.begun = { at: ports.clock.now(), wall_ms };
    this.book = ports.drillBook?.load() ?? { commissioned_ms: wall_ms, results: [] };
    this.review();
  }

  /** Starts a drill, or says why not. `subject`: station, line, or the kind itself. */
  start(kind: DrillKind, subject: string): Drill | { readonly refused: string } {
    if (this.drill?.phase === 'running') return { refused: `drill ${this.drill.kind} is running` };
    const unknown = this.unknown(kind, subject);
    if (unknown !== undefined) return { refused: unknown };
    const now = this.ports.clock.now();
    this.watch = new DropWatch();
    const started = startDrill(kind, subject, this.look(kind, subject, now), now);
    if ('refused' in started) return started;
    this.drill = started;
    this.granted = false;
    if (kind === 'line') this.ports.supervisor.lineDrill(subject);
    this.ports.audit.append({ kind: 'human', subject, text: `drill ${kind} started` });
    return started;
  }

  /** The running or last drill. */
  state(): Drill | undefined {
    return this.drill;
  }

  /** Every drill that must be repeated, and how it stands. */
  duties(): readonly DrillDuty[] {
    return this.standing;
  }

  conditions(): ReturnType<typeof drillConditions> {
    const days = (this.jumped_ms / 86_400_000).toFixed(0);
    const text = `the wall clock is ${days} days off since the start`;
    const jumped =
      this.jumped_ms === 0 ? [] : [{ id: 'clock-jumped', subject: 'clock', text } as const];
    return [...jumped, ...drillConditions(this.standing)];
  }

  /**
   * The facts of the site with the abilities that drills leave to its stations. While one runs
   * nothing is granted above the limit: what is drilled may fail.
   */
  abilities(): SiteFacts {
    return this.drill?.phase === 'running' ? { ...this.now_, supports: false } : this.now_;
  }

  /** Stations whose maximum is kept free: a drilled one may not fall. */
  reserved(overdrawn: ReadonlySet<string>): ReadonlySet<string> {
    const { drill } = this;
    if (drill?.phase !== 'running' || drill.kind !== 'silence') return overdrawn;
    return new Set([...overdrawn, drill.subject]);
  }

  /** Until when the grid meter's answers are left unused. */
  meterUnused(): Instant | undefined {
    return unusedUntil(this.drill, 'meter');
  }

  /** The CPO's broker is connected, and no drill leaves it unused. */
  uplinkUp(now: Instant): boolean {
    return this.ports.uplink.connected() && !this.uplinkUnused(now);
  }

  /** Whether the CPO counts as lost now. */
  uplinkUnused(now: Instant): boolean {
    const until = unusedUntil(this.drill, 'uplink');
    return until !== undefined && now < until;
  }

  abort(): void {
    if (this.drill !== undefined) this.drill = abortDrill(this.drill);
  }

  /** Looks once per cycle, at the snapshot of the cycle before. */
  follow(last: SiteSnapshot | undefined, now: Instant): void {
    this.last = last;
    this.countdown -= 1;
    if (this.countdown <= 0) this.review();
    if (this.drill?.phase !== 'running') return;
    const { kind, subject } = this.drill;
    this.drill = nextDrill(this.drill, this.look(kind, subject, now), now);
    if (this.drill.phase === 'running') return;
    const text = `drill ${kind} ${this.drill.phase}: ${this.drill.text}`;
    this.ports.audit.append({ kind: 'note', subject, text });
    this.book = withResult(this.book, this.drill, this.wall().counted_ms);
    this.ports.drillBook?.save(this.book);
    this.review();
  }

  /**
   * A silence drill leaves one station's renewal out and nothing else; in any mode but normal
   * nothing is left out, least of all that a lease is taken back.
   */
  leaveOut(decision: Decision, mode: Mode): Decision {
    const { drill } = this;
    if (drill?.phase !== 'running' || drill.kind !== 'silence' || mode !== 'normal')
      return decision;
    const stations = decision.stations.map((s) =>
      s.id === drill.subject ? { ...s, lease: this.drilled(s.lease, decision) } : s,
    );
    return { ...decision, stations };
  }

  private drilled(lease: StationLease, decision: Decision): StationLease {
    const facts = this.siteFacts.stations.find((s) => s.station.id === lease.station);
    const gets = facts !== undefined && this.barred.has(lease.station) && !this.granted;
    if (!gets || !this.fits(facts.station.node, decision)) return { ...lease, action: 'keep' };
    this.granted = true;
    const limit_A = amps(Math.min(facts.station.max_A, facts.station.static_A + GRANT_A));
    return { station: lease.station, limit_A, action: 'grant', ttl_ms: facts.ttl_ms };
  }

  /** Whether all that is counted, the drilled station at its maximum (`reserved`), fits above it. */
  private fits(node: string, decision: Decision): boolean {
    const { site, grid } = this.siteFacts;
    return circuitPath(site, node).every(({ id }) => {
      const use = decision.nodes.find((n) => n.id === id);
      if (use === undefined) return false;
      const [a, b, c] = use.counted_A;
      const most_W = id === grid.id ? (this.last?.importLimit_W ?? 0) : Infinity;
      const within = use.counted_A.every((counted, p) => counted <= (use.limit_A[p] ?? 0));
      return within && (a + b + c) * site.nominal_V <= most_W;
    });
  }

  private unknown(kind: DrillKind, subject: string): string | undefined {
    const { site } = this.siteFacts;
    if (kind === 'silence' && !site.stations.some((s) => s.id === subject)) {
      return `there is no station "${subject}"; known: ${site.stations.map((s) => s.id).join(', ')}`;
    }
    if (kind === 'line' && !site.lines.some((l) => l.id === subject)) {
      return `there is no line "${subject}"; known: ${site.lines.map((l) => l.id).join(', ')}`;
    }
    return undefined;
  }

  /** The time by which results are stamped and overdue. */
  private wall(): ReturnType<typeof countedWall_ms> {
    const { clock } = this.ports;
    const now = { at: clock.now(), wall_ms: clock.wall_ms() };
    this.begun = clockStart(this.begun, now);
    return countedWall_ms(this.begun, newest_ms(this.book), now);
  }

  private review(): void {
    this.countdown = DUTIES_EVERY;
    const { site } = this.siteFacts;
    const wall = this.wall();
    this.jumped_ms = wall.jumped_ms;
    this.standing = duties(this.book, site, wall.counted_ms);
    const barred = notSelfExpiring(this.standing, site);
    if (barred.size === 0 && this.barred.size === 0) return;
    this.barred = barred;
    const stations = this.siteFacts.stations.map((s) =>
      barred.has(s.station.id) ? { ...s, raisable: false } : s,
    );
    this.now_ = { ...this.siteFacts, stations };
  }

  private look(kind: DrillKind, subject: string, now: Instant): DrillFacts {
    const { site } = this.siteFacts;
    const uplink = site.uplinks.length === 0 ? 'none' : this.uplinkUp(now) ? 'up' : 'down';
    const facts = drillFactsOf(
      { facts: this.siteFacts, trackers: this.trackers },
      {
        kind,
        subject,
        snapshot: this.last,
        line: this.lineOf(kind, subject),
        uplink,
        barred: this.barred.has(subject),
      },
      now,
    );
    if (kind !== 'silence') return facts;
    const drop = this.watch.take(this.last, subject, facts, now);
    return drop === undefined ? facts : { ...facts, drop };
  }

  private lineOf(kind: DrillKind, subject: string): DrillFacts['line'] {
    const status = this.ports.supervisor.status();
    return kind === 'line'
      ? (status.lines?.find((l) => l.id === subject)?.state ?? status.line)
      : status.line;
  }
}
