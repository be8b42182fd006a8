/**
 * Ten minutes of energy against what the meter's power and the stations' meters say they were: the
 * supervisor's own addition, from raw frames and from the messages of `stations`.
 */
import { between, type Instant, instant } from '../time';

/** Ends of the compared stretch lie so far apart at most, and at least. */
const LONG_ms = 600_000;
const SHORT_ms = 180_000;
/** A stretch with a longer hole in it is begun anew. */
const HOLE_ms = 5000;
/**
 * The site judges at 3 %: it goes blind by itself. Only a site that does not is stopped here, so
 * the supervisor may wait for a clearer contradiction.
 */
const SHARE = 0.045;
/** Polls, lags and meter intervals at both ends, s of the greatest power. */
const ENDS_s = 10;

/** More than all stations of one site can draw, W. */
const STATIONS_MAX_W = 1e8;

interface End {
  readonly at: Instant;
  readonly counter_Wh: number;
  readonly power_Wh: number;
  readonly stations_Wh: number;
  readonly gross_Wh: number;
}

export interface EnergySample {
  /** By the raw frame of the cycle, import positive, W. */
  readonly power_W: number;
  /** Newest counter and when it was asked for. */
  readonly counter?: { readonly at: Instant; readonly net_Wh: number };
  /** By the stations' own meters; absent: not known. */
  readonly stations_W?: number;
}

export class EnergyCross {
  /** What a site can at least draw and at most generate, W. */
  private readonly baseMin_W: number;
  private readonly sources_W: number;
  private last: Instant | undefined;
  private began: Instant = instant(0);
  private power_Wh = 0;
  private stations_Wh = 0;
  private gross_Wh = 0;
  private greatest_W = 0;
  private ends: End[] = [];
  private finding: string | undefined;

  constructor(baseMin_W: number, sources_W: number) {
    this.baseMin_W = baseMin_W;
    this.sources_W = sources_W;
  }

  /** Takes one record's values; the sentence why they contradict each other, or undefined. */
  judge(s: EnergySample, now: Instant): string | undefined {
    const dt_ms = this.last === undefined ? 0 : between(this.last, now);
    if (this.last === undefined || dt_ms < 0 || dt_ms > HOLE_ms) {
      this.ends = [];
      this.began = now;
    }
    const dt_h = dt_ms < 0 || dt_ms > HOLE_ms ? 0 : dt_ms / 3_600_000;
    this.last = now;
    this.power_Wh += s.power_W * dt_h;
    this.gross_Wh += Math.abs(s.power_W) * dt_h;
    // What no site draws is no reading; added up it would hide every later one.
    const told_W = s.stations_W ?? 0;
    this.stations_Wh += Math.abs(told_W) <= STATIONS_MAX_W ? told_W * dt_h : 0;
    this.greatest_W = Math.max(this.greatest_W, Math.abs(s.power_W));
    const { counter } = s;
    const newest = this.ends.at(-1);
    // A counter asked for before the stretch began may belong to a meter that stood still.
    if (counter === undefined || counter.at < this.began) return this.finding;
    if (newest !== undefined && between(newest.at, counter.at) < 20_000) return this.finding;
    const late_h = between(counter.at, now) / 3_600_000;
    this.ends.push({
      at: counter.at,
      counter_Wh: counter.net_Wh,
      power_Wh: this.power_Wh - s.power_W * late_h,
      stations_Wh: this.stations_Wh,
      gross_Wh: this.gross_Wh,
    });
    this.ends = this.ends.filter((e) => between(e.at, counter.at) <= LONG_ms);
    this.finding = this.compare();
    return this.finding;
  }

  /** Nothing is claimed of the meter now: the next sample begins a new stretch. */
  forget(): void {
    this.last = undefined;
    this.finding = undefined;
  }

  private compare(): string | undefined {
    const a = this.ends[0];
    const b = this.ends.at(-1);
    if (a === undefined || b === undefined) return this.finding;
    const took_ms = between(a.at, b.at);
    if (took_ms < SHORT_ms) return this.finding;
    const hours = took_ms / 3_600_000;
    const counted = b.counter_Wh - a.counter_Wh;
    const read = b.power_Wh - a.power_Wh;
    const gross = b.gross_Wh - a.gross_Wh;
    this.greatest_W *= 0.97;
    // Counters of whole kWh move late by up to one of them at each end.
    const coarse = [a, b].every((e) => Math.abs(e.counter_Wh % 1000) < 1e-6) ? 2000 : 0;
    const slack = SHARE * gross + coarse + (ENDS_s * this.greatest_W) / 3600;
    // A counter that was set, not counted, says nothing about this stretch.
    if (Math.abs(counted) > 20 * gross + 5000) {
      this.ends = [b];
      return undefined;
    }
    const text = (wh: number): string => `${(wh / 1000).toFixed(2)} kWh`;
    const minutes = `in ${Math.round(hours * 60)} min`;
    if (Math.abs(counted - read) > slack) {
      return `the meter's power makes ${text(read)}, its counter ${text(counted)} ${minutes}`;
    }
    const stations = b.stations_Wh - a.stations_Wh;
    const least = stations + this.baseMin_W * hours;
    const most = counted + this.sources_W * hours;
    if (least <= most + slack + SHARE * stations) return undefined;
    return `stations and base load took ${text(least)}, meter and sources gave at most ${text(most)} ${minutes}`;
  }
}
