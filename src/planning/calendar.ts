/**
 * Days as people live them: local midnights of a time zone, the kind of each day, and history on
 * even steps from each midnight. Days of 23 and 25 hours keep their midnights; the step that is
 * missing stays unknown, the one that comes twice is left out.
 */
import type { DayKind, SiteHistory } from './types';

const HOUR_ms = 3_600_000;
const DAY_ms = 24 * HOUR_ms;

interface LocalDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Calendar of one time zone (IANA name). Throws a RangeError on an unknown one. */
export class Calendar {
  private readonly format: Intl.DateTimeFormat;
  private readonly holidays: ReadonlySet<string>;

  /** `holidays`: days such as 2027-07-14 that count as Sundays. */
  constructor(timeZone: string, holidays: readonly string[] = []) {
    this.format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    this.holidays = new Set(holidays);
  }

  /** Local time less UTC at this instant, ms. Pure. */
  private offset_ms(at_ms: number): number {
    const parts = new Map(this.format.formatToParts(at_ms).map((p) => [p.type, Number(p.value)]));
    const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const local = Date.UTC(
      of('year'),
      of('month') - 1,
      of('day'),
      of('hour'),
      of('minute'),
      of('second'),
    );
    return local - Math.floor(at_ms / 1000) * 1000;
  }

  private dateAt(at_ms: number): LocalDate {
    const local = new Date(at_ms + this.offset_ms(at_ms));
    return {
      year: local.getUTCFullYear(),
      month: local.getUTCMonth() + 1,
      day: local.getUTCDate(),
    };
  }

  /** UTC instant of the local midnight `days` after the day that holds `at_ms`. Pure. */
  midnight_ms(at_ms: number, days = 0): number {
    const { year, month, day } = this.dateAt(at_ms);
    const local = Date.UTC(year, month - 1, day + days);
    // The offset just before noon is that of the day; midnight may lie on the other side of a jump.
    const first = local - this.offset_ms(local + 12 * HOUR_ms);
    return local - this.offset_ms(first);
  }

  kindAt(at_ms: number): DayKind {
    const { year, month, day } = this.dateAt(at_ms);
    const two = (n: number): string => String(n).padStart(2, '0');
    if (this.holidays.has(`${year}-${two(month)}-${two(day)}`)) return 'sunday';
    const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
    return weekday === 0 ? 'sunday' : weekday === 6 ? 'saturday' : 'working';
  }

  /** First instant of the local month, UTC ms. Pure. */
  monthStart_ms(at_ms: number): number {
    return this.midnight_ms(at_ms, 1 - this.dateAt(at_ms).day);
  }
}

export interface Sample {
  readonly at_ms: number;
  readonly value: number;
}

/** Mean values on even steps of `days` days from local midnights; NaN where nothing was. Pure. */
export function onSteps(
  samples: readonly Sample[],
  midnights_ms: readonly number[],
  stepsPerDay: number,
): Float64Array {
  const step_ms = DAY_ms / stepsPerDay;
  const sums = new Float64Array(midnights_ms.length * stepsPerDay);
  const counts = new Float64Array(sums.length);
  let day = 0;
  for (const { at_ms, value } of samples) {
    while (day + 1 < midnights_ms.length && at_ms >= (midnights_ms[day + 1] ?? Infinity)) day += 1;
    const from = midnights_ms[day] ?? Infinity;
    const step = Math.floor((at_ms - from) / step_ms);
    if (at_ms < from || step >= stepsPerDay || !Number.isFinite(value)) continue;
    const k = day * stepsPerDay + step;
    sums[k] = (sums[k] ?? 0) + value;
    counts[k] = (counts[k] ?? 0) + 1;
  }
  return sums.map((sum, k) => ((counts[k] ?? 0) > 0 ? sum / (counts[k] ?? 1) : NaN));
}

/** History of load and sun on steps, as the forecasts want it. Pure. */
export function siteHistory(
  calendar: Calendar,
  midnights_ms: readonly number[],
  stepsPerDay: number,
  measured: { readonly load_kW: ArrayLike<number>; readonly sun_kW: ArrayLike<number> },
): SiteHistory {
  const kinds = midnights_ms.map((m) => calendar.kindAt(m + DAY_ms / 2));
  const last = midnights_ms.at(-1) ?? 0;
  return {
    ...measured,
    stepsPerDay,
    dayKind: (day) =>
      kinds[day] ?? calendar.kindAt(last + (day - kinds.length + 1) * DAY_ms + DAY_ms / 2),
  };
}
