import type { Instant } from '../time';
import type { FleetEventCode, StationConfig, StationLink } from './config';
import type { Dialect, Request } from './dialect';
import { LimitWatch } from './limitWatch';
import { StationObservation } from './observation';
import type { Measured, Observation } from './observation';
import type { SessionContext } from './sessionContext';

/** What the sight of a station needs: the session itself, for a closure each is memory per station. */
export interface SightHost {
  readonly station: StationConfig;
  readonly dialect: Dialect;
  readonly linked: StationLink | undefined;
  /** The limit the station itself has confirmed; undefined while nothing is certain. */
  acknowledgedLimit_A(now: Instant): number | undefined;
  measured(reading: Measured): void;
  /** A transaction is over; `connector` where it is known. */
  ended(connector: number | undefined): void;
  enquire(request: Request, now: Instant): void;
  tell(code: FleetEventCode, text: string, now: Instant, hint?: string): void;
}

/** What is seen of one station, held against what it has acknowledged. */
export class StationSight {
  readonly seen = new StationObservation();
  private readonly limits = new LimitWatch();
  private readonly context: SessionContext;
  private readonly host: SightHost;

  constructor(context: SessionContext, host: SightHost) {
    this.context = context;
    this.host = host;
  }

  /** What was measured on the old socket proves nothing on the next one. */
  reset(): void {
    this.seen.forgetClock();
    this.limits.reset();
  }

  /** Takes what a message told; the result says whether the site must know it at once. */
  take(seen: readonly Observation[], now: Instant): boolean {
    const wall_ms = this.context.config.wall_ms(now);
    const { connectors } = this.host.station;
    for (const one of seen) {
      if (one.kind === 'stopped') this.host.ended(this.seen.connectorOf(one.transaction));
      this.seen.take(one, now, wall_ms, connectors);
    }
    if (seen.some((one) => one.kind.endsWith('meter'))) this.watchLimit(now);
    return seen.some((one) => one.kind !== 'clock');
  }

  tellLimit(now: Instant): void {
    this.limits.tell(this.host.acknowledgedLimit_A(now), now);
  }

  /** Greatest phase current by the station's own meter. */
  measured(): Measured | undefined {
    return this.seen.measured(this.host.station.phases, this.context.nominal_V);
  }

  /**
   * Asks for the status of connectors that never told one: a station that stays up while this
   * controller restarts says nothing of the cars that are charging, and they would stay at the
   * safe static limit until they leave.
   */
  askUnheard(now: Instant): void {
    for (const connector of this.seen.unheard(this.host.station.connectors)) {
      for (const request of this.host.dialect.askStatus(connector)) this.host.enquire(request, now);
    }
  }

  /** "Accepted" is not "applied": the station's own meter against what it acknowledged. */
  private watchLimit(now: Instant): void {
    this.tellLimit(now);
    const measured = this.measured();
    if (measured === undefined || this.host.linked === undefined) return;
    this.host.measured(measured);
    const verdict = this.limits.read(measured.current_A, measured.at, now);
    if (verdict === undefined) return;
    const allowed = this.limits.allowedAt(measured.at) ?? this.host.acknowledgedLimit_A(now) ?? 0;
    const text = `own meter ${measured.current_A.toFixed(1)} A, acknowledged ${allowed.toFixed(1)} A`;
    const hint = 'it takes limits and does not apply them: check its firmware, use its cut input';
    this.host.tell(verdict === 'applied' ? 'limit-applied' : 'limit-not-applied', text, now, hint);
  }
}
