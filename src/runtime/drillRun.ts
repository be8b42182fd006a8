import type { Instant } from '../time';
import type { Decision } from './decision';
import {
  abortDrill,
  type Drill,
  type DrillFacts,
  type DrillKind,
  nextDrill,
  startDrill,
} from './drill';
import { drillFactsOf } from './drillFacts';
import type { RuntimePorts } from './ports';
import type { SiteFacts } from './siteFacts';
import type { SiteSnapshot } from './snapshot';
import type { StationTracker } from './stationTracker';

/** At most one drill of a site at a time, inside its cycle. */
export class DrillRun {
  private readonly facts: SiteFacts;
  private readonly trackers: ReadonlyMap<string, StationTracker>;
  private readonly ports: RuntimePorts;
  private drill: Drill | undefined;
  private last: SiteSnapshot | undefined;

  constructor(
    facts: SiteFacts,
    trackers: ReadonlyMap<string, StationTracker>,
    ports: RuntimePorts,
  ) {
    this.facts = facts;
    this.trackers = trackers;
    this.ports = ports;
  }

  /** Starts a drill, or says why not. */
  start(kind: DrillKind, subject: string): Drill | { readonly refused: string } {
    if (this.drill?.phase === 'running') return { refused: `drill ${this.drill.kind} is running` };
    const now = this.ports.clock.now();
    const started = startDrill(kind, subject, this.look(kind, subject, now), now);
    if ('refused' in started) return started;
    this.drill = started;
    if (kind === 'line') this.ports.supervisor.lineDrill();
    this.ports.audit.append({ kind: 'human', subject, text: `drill ${kind} started` });
    return started;
  }

  /** The running or last drill. */
  state(): Drill | undefined {
    return this.drill;
  }

  abort(): void {
    if (this.drill !== undefined) this.drill = abortDrill(this.drill);
  }

  /** Looks once per cycle, at the snapshot of the cycle before. */
  follow(last: SiteSnapshot | undefined, now: Instant): void {
    this.last = last;
    if (this.drill?.phase !== 'running') return;
    const { kind, subject } = this.drill;
    this.drill = nextDrill(this.drill, this.look(kind, subject, now), now);
    if (this.drill.phase === 'running') return;
    const text = `drill ${kind} ${this.drill.phase}: ${this.drill.text}`;
    this.ports.audit.append({ kind: 'note', subject, text });
  }

  /** A silence drill leaves one station's renewal out and nothing else. */
  leaveOut(decision: Decision): Decision {
    const { drill } = this;
    if (drill?.phase !== 'running' || drill.kind !== 'silence') return decision;
    const stations = decision.stations.map((s) =>
      s.id === drill.subject ? { ...s, lease: { ...s.lease, action: 'keep' as const } } : s,
    );
    return { ...decision, stations };
  }

  private look(kind: DrillKind, subject: string, now: Instant): DrillFacts {
    return drillFactsOf(
      { facts: this.facts, trackers: this.trackers },
      { kind, subject, snapshot: this.last, line: this.ports.supervisor.status().line },
      now,
    );
  }
}
