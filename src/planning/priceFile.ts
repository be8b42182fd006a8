/** The price file of a site: lines `time,price`, hourly or finer, as exchanges publish them. */
import type { PricePoint } from './prices';

export interface PriceFile {
  readonly points: readonly PricePoint[];
  /** What was left out and where, one sentence a line; empty: all was understood. */
  readonly findings: readonly string[];
}

/** A year of quarter hours and some more; what lies beyond is not read. */
const LINES_MAX = 40_000;
const FINDINGS_MAX = 5;
/** ISO 8601 with an offset or Z: a local time without one is ambiguous twice a year. */
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2})$/;

/** First column: begin of the interval; last column: price per MWh. Never throws. Pure. */
export function readPriceFile(text: string): PriceFile {
  const points: PricePoint[] = [];
  const findings: string[] = [];
  let wrong = 0;
  const lines = text.split(/\r?\n/).slice(0, LINES_MAX);
  lines.forEach((line, i) => {
    const columns = line.split(/[,;]/).map((c) => c.trim());
    const [time] = columns;
    const last = columns.at(-1);
    if (time === undefined || time === '' || columns.length < 2) return;
    const start_ms = TIME.test(time) ? Date.parse(time.replace(' ', 'T')) : NaN;
    const price = last === undefined || last === '' ? NaN : Number(last);
    if (Number.isFinite(start_ms) && Number.isFinite(price)) points.push({ start_ms, price });
    else if (i > 0) {
      wrong += 1;
      if (wrong <= FINDINGS_MAX) findings.push(`line ${i + 1}: "${line.slice(0, 40)}" is no price`);
    }
  });
  if (wrong > FINDINGS_MAX) findings.push(`${wrong - FINDINGS_MAX} more lines are no prices`);
  if (points.length === 0) findings.push('no price at all: lines are `2027-01-31T13:00Z,58.20`');
  return { points, findings };
}
