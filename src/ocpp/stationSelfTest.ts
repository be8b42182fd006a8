import { between } from '../time';
import type { Instant } from '../time';
import type { FoundAbilities } from './abilityBook';
import { BootWatch } from './bootWatch';
import type { FleetEventCode, StationConfig } from './config';
import type { Dialect, Request } from './dialect';
import type { JsonObject } from './frame';
import type { Measured } from './observation';
import { SelfTest } from './selfTest';
import type { SelfTestHost, SelfTestReport } from './selfTest';
import type { SelfTestOptions } from './selfTestScript';

/** What the self-test needs from its session. */
export interface SelfTestSession {
  readonly nominal_V: number;
  station(): StationConfig;
  dialect(): Dialect;
  connected(): boolean;
  floorVerified(): boolean;
  /** The site holds the station below its safe static limit. */
  heldDown(now: Instant): boolean;
  /** It said what it is, so that what is found can be kept. */
  modelKnown(): boolean;
  /** Wall clock as the station has it, ms. */
  stationWall_ms(now: Instant): number;
  measured(): Measured | undefined;
  ask(request: Request, now: Instant): void;
  toFloor(now: Instant): void;
  /** A test ran to its end. */
  keep(found: FoundAbilities): void;
  tell(code: FleetEventCode, text: string, now: Instant): void;
}

/** A station's self-test, if one was started, and what it draws over restarts. */
export class StationSelfTest {
  private readonly session: SelfTestSession;
  private readonly boots = new BootWatch();
  private test: SelfTest | undefined;
  private told = true;
  private now: Instant;

  constructor(session: SelfTestSession, now: Instant) {
    this.session = session;
    this.now = now;
  }

  report(): SelfTestReport | undefined {
    return this.test?.report();
  }

  booted(now: Instant): void {
    this.boots.booted(now);
  }

  read(measured: Measured): void {
    this.boots.read(measured, this.session.station().phases * this.session.nominal_V);
  }

  answered(payload: JsonObject | undefined, now: Instant): void {
    this.test?.answered(payload, now);
  }

  /** Starts; the result says why not. */
  start(options: SelfTestOptions, now: Instant): string | undefined {
    const { session } = this;
    if (!session.connected()) return 'the station is not connected';
    if (!session.floorVerified()) return 'its safe static limit is not verified yet; try again';
    if (session.heldDown(now)) return 'the site holds it below its static limit now; try later';
    if (!session.modelKnown()) {
      return 'its model is not known: restart the station once, so that it says what it is';
    }
    this.now = now;
    this.told = false;
    this.test = new SelfTest(session.station().id, this.host(), options, now);
    session.tell('self-test-started', 'self-test started by a person', now);
    this.test.begin(now);
    return undefined;
  }

  abort(why: string, now: Instant): void {
    this.test?.abort(why, now);
    this.follow(now);
  }

  /**
   * Whether an order of the site must wait: during a test the station is not raised. A lower limit
   * never waits; it ends the test.
   */
  holdsBack(limit_A: number, now: Instant): boolean {
    if (this.test?.running !== true) return false;
    if (limit_A >= this.session.station().floor_A) return true;
    this.test.abort('the site lowers the station', now, true);
    this.follow(now);
    return false;
  }

  tick(now: Instant): void {
    this.now = now;
    this.test?.tick(now);
    this.follow(now);
  }

  private follow(now: Instant): void {
    const report = this.test?.report();
    if (report === undefined || report.phase === 'running' || this.told) return;
    this.told = true;
    if (report.phase === 'done' && report.found !== undefined) this.session.keep(report.found);
    this.session.tell('self-test-ended', `self-test ${report.phase}: ${report.text}`, now);
  }

  private host(): SelfTestHost {
    const { session } = this;
    return {
      nominal_V: session.nominal_V,
      station: () => session.station(),
      dialect: () => session.dialect(),
      wall_ms: (at) => session.stationWall_ms(at),
      connected: () => session.connected(),
      floorVerified: () => session.floorVerified(),
      boots: () => this.boots.boots,
      bootPeak_A: () => this.boots.peak_A,
      measured: () => {
        const one = session.measured();
        return one && { current_A: one.current_A, age_ms: between(one.at, this.now) };
      },
      ask: (request, at) => session.ask(request, at),
      toFloor: (at) => session.toFloor(at),
    };
  }
}
