import type { CaseFinding } from '../../../scripts/campaign';
import { createOcppGuard, STRICT_POLICY } from '../../../src/guard/ocpp';
import { createStationFleet, parseFrame } from '../../../src/ocpp';
import type { StationFleet, UpstreamConnector } from '../../../src/ocpp';
import { createSimStations, generateSessions, memoryTransport } from '../../../src/sim/stations';
import type { SimLink, SimTransport } from '../../../src/sim/stations';
import { seededRandom } from '../../../src/sim/stations/random';
import { instant, later } from '../../../src/time';
import { VirtualTime } from '../../unit/sim-stations/virtualTime';
import { isBilling, Ledger } from './ledger';
import { stationOf } from './stationOf';

const LATENCY_MS = 30;
const HOUR_MS = 3_600_000;

/** A disk: what is written survives, what is being written at a crash may or may not. */
class Disk {
  records: string[] = [];
  crashAt = Number.POSITIVE_INFINITY;
  private writes = 0;
  crashed = false;
  private readonly keepsTorn: () => boolean;
  /** Negative control: the acknowledgement goes out before the record is on the disk. */
  private readonly early: boolean;

  constructor(keepsTorn: () => boolean, early: boolean) {
    this.keepsTorn = keepsTorn;
    this.early = early;
  }

  crashIn(writes: number): void {
    this.crashAt = this.writes + writes;
  }

  append(record: string, durable: () => void): void {
    if (this.crashed) return;
    this.writes += 1;
    if (this.writes >= this.crashAt) {
      if (this.early) durable();
      this.crashed = true;
      if (!this.early && this.keepsTorn()) this.records.push(record);
      return;
    }
    this.records.push(record);
    durable();
  }

  rewrite(records: readonly string[]): void {
    if (!this.crashed) this.records = [...records];
  }

  restart(): void {
    this.crashed = false;
    this.crashAt = Number.POSITIVE_INFINITY;
  }
}

/** The whole detached site in simulated time: stations, a controller that dies, a CPMS far away. */
class DetachedSite {
  readonly time = new VirtualTime();
  readonly ledger = new Ledger();
  readonly disk: Disk;
  cpmsUp = true;
  crashes = 0;
  private fleet: StationFleet;
  private generation = 0;
  private cycle = 0;
  private nextTransaction = 1;
  private readonly ids: readonly string[];
  private readonly links = new Set<SimLink>();
  private readonly hangUps = new Set<() => void>();

  constructor(count: number, hours: number, seed: number, early: boolean) {
    const random = seededRandom(seed);
    this.disk = new Disk(() => random() < 0.5, early);
    this.ids = Array.from({ length: count }, (_, i) => `CP${i}`);
    this.fleet = this.startFleet();
    const configs = this.ids.map(
      (id) => ({ id, kind: 'ac', phases: 3, max_A: 32, meterInterval_s: 60 }) as const,
    );
    const to = later(this.time.now(), hours * HOUR_MS);
    const plan = { seed, from: this.time.now(), to, stay_ms: 2 * HOUR_MS };
    createSimStations({
      stations: configs,
      transport: this.transport(),
      clock: this.time,
      timers: this.time,
      seed,
      sessions: generateSessions(configs, plan),
    }).start();
    this.time.every(1_000, () => this.tick());
  }

  private startFleet(): StationFleet {
    this.generation += 1;
    const wall_ms = (now: number): number => now + this.time.offset_ms;
    const guard = createOcppGuard(STRICT_POLICY, wall_ms);
    return createStationFleet(
      {
        stations: this.ids.map(stationOf),
        idPrefix: `hf${this.generation}-`,
        wall_ms,
        authorise: () => 'Accepted',
        meterInterval_s: 60,
        guard: guard.own,
        relay: {
          connect: this.upstream(this.generation),
          store: this.disk,
          recovered: [...this.disk.records],
          fromCpms: guard.fromCpms,
          fromStation: guard.fromStation,
          provisionalIds: true,
        },
      },
      this.time.now(),
    );
  }

  /** A CPMS that numbers transactions and answers everything, when it is there. */
  private upstream(generation: number): UpstreamConnector {
    return (station, _protocol, events) => {
      const live = (): boolean => this.cpmsUp && generation === this.generation && !hung;
      let hung = false;
      const end = (): void => {
        if (hung) return;
        hung = true;
        this.hangUps.delete(end);
        this.soon(() => events.closed(this.time.now()));
      };
      this.hangUps.add(end);
      this.soon(() => (live() ? events.opened(this.time.now()) : end()));
      return {
        send: (text) => {
          this.soon(() => {
            const answer = live() ? this.cpmsAnswer(station, text) : undefined;
            if (answer === undefined) return;
            this.soon(() => live() && events.received(answer, this.time.now()));
          });
        },
        close: end,
      };
    };
  }

  private cpmsAnswer(station: string, text: string): string | undefined {
    const parsed = parseFrame(text, 1e6);
    if (!parsed.ok || parsed.frame.type !== 'call') return undefined;
    const { id, action, payload } = parsed.frame;
    if (isBilling(action, payload)) this.ledger.cpmsReceived(station, id, text);
    const now = new Date(this.time.wall_ms()).toISOString();
    const answers: Readonly<Record<string, object>> = {
      BootNotification: { status: 'Accepted', currentTime: now, interval: 300 },
      Heartbeat: { currentTime: now },
      Authorize: { idTagInfo: { status: 'Accepted' } },
    };
    if (action !== 'StartTransaction') return JSON.stringify([3, id, answers[action] ?? {}]);
    const transactionId = (this.nextTransaction += 1);
    return JSON.stringify([3, id, { transactionId, idTagInfo: { status: 'Accepted' } }]);
  }

  /** The memory transport, always to the present controller, with the ledger listening. */
  private transport(): SimTransport {
    return {
      open: (station, events) => {
        const { generation } = this;
        const dead = (): boolean => this.disk.crashed || generation !== this.generation;
        const waiting = new Set<string>();
        const inner = memoryTransport(this.fleet, this.time, this.time).open(station, {
          ...events,
          received: (frame) => {
            if (generation !== this.generation) return;
            if (frame.type === 'result' && waiting.delete(frame.id)) {
              this.ledger.stationAcknowledged(station.id, frame.id);
            }
            events.received(frame);
          },
        });
        const link: SimLink = {
          send: (frame) => {
            if (frame.type === 'call' && isBilling(frame.action, frame.payload)) {
              waiting.add(frame.id);
              this.ledger.stationSent(station.id, frame.id);
            }
            if (!dead()) inner.send(frame);
          },
          sendText: (text) => inner.sendText(text),
          close: () => inner.close(),
        };
        this.links.add(inner);
        return link;
      },
    };
  }

  private tick(): void {
    const now = this.time.now();
    if (this.disk.crashed) this.restart();
    this.cycle += 1;
    this.fleet.apply({ bootId: 'b', cycle: this.cycle, decided_at: now, leases: [] }, now);
    this.fleet.tick(now);
  }

  private restart(): void {
    this.crashes += 1;
    this.disk.restart();
    for (const hangUp of this.hangUps) hangUp();
    for (const link of this.links) link.close();
    this.links.clear();
    this.fleet = this.startFleet();
  }

  setCpms(up: boolean): void {
    this.cpmsUp = up;
    if (!up) for (const hangUp of this.hangUps) hangUp();
  }

  get backlog(): number {
    return this.fleet.relayStats()?.backlog ?? 0;
  }

  private soon(fn: () => void): void {
    this.time.at(instant(this.time.now() + LATENCY_MS), fn);
  }
}

interface Plan {
  readonly stations: number;
  readonly hours: number;
  readonly crashes: number;
  readonly seed: number;
  readonly progress: (text: string) => void;
}

/** The CPMS is away for nearly all of the time, while the controller crashes again and again. */
function live(plan: Plan, early: boolean): Readonly<Record<string, number>> {
  const { stations, hours, crashes, seed, progress } = plan;
  const site = new DetachedSite(stations, hours, seed, early);
  const random = seededRandom(seed + 1);
  const step_ms = (hours * HOUR_MS) / (crashes + 1);
  site.time.run(Math.min(step_ms / 2, 600_000));
  site.setCpms(false);
  for (let i = 0; i < crashes; i += 1) {
    if (i % 20 === 0) progress(`crash ${i} of ${crashes}, ${site.backlog} records waiting`);
    site.disk.crashIn(1 + Math.floor(random() * 40));
    site.time.run(step_ms * 0.9);
    // Now and then the CPMS is back for a moment, and gone between commit and answer.
    if (i % 7 === 3) {
      site.setCpms(true);
      site.time.run(3_000 + random() * 20_000);
      site.setCpms(false);
    }
  }
  const backlog_at_end = site.backlog;
  site.setCpms(true);
  for (let i = 0; i < 200 && site.backlog > 0; i += 1) site.time.run(120_000);
  return { ...site.ledger.counts(), crashes: site.crashes, backlog_at_end, left: site.backlog };
}

/** The run, and a short one whose disk acknowledges too early: it must lose records. */
export function detachedCrashes(plan: Plan): CaseFinding {
  const measured = live(plan, false);
  const control = live({ ...plan, stations: 8, hours: 4, crashes: 8 }, true);
  const lost = control['lost'] ?? 0;
  return {
    measured: { ...measured, control_lost: lost },
    bars: [
      { name: 'lost', op: '==', value: 0 },
      { name: 'reordered', op: '==', value: 0 },
      { name: 'repeats_changed', op: '==', value: 0 },
      { name: 'left', op: '==', value: 0 },
      { name: 'crashes', op: '>=', value: plan.crashes },
      { name: 'acknowledged', op: '>', value: plan.stations },
    ],
    ...(lost === 0 && { failure: 'an early acknowledgement lost nothing: the witness is blind' }),
    negativeControl: {
      disabled: 'acknowledge only what is on disk',
      outcome: lost > 0 ? 'fail' : 'pass',
    },
  };
}
