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
/** A file in which no price of a day is above this is one per kWh, not per MWh. */
const PER_KWH_MAX = 2;
const DAY_POINTS = 24;
/** ISO 8601 with an offset or Z: a local time without one is ambiguous twice a year. */
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2})$/;

/**
 * First column: begin of the interval; last column: price per MWh. Columns lie between commas, or
 * between semicolons: then a comma in the price is a decimal one. Never throws. Pure.
 */
export function readPriceFile(text: string): PriceFile {
  const points: PricePoint[] = [];
  const findings: string[] = [];
  let wrong = 0;
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/, LINES_MAX + 1);
  lines.slice(0, LINES_MAX).forEach((line, i) => {
    const semicolons = line.includes(';');
    const columns = line.split(semicolons ? ';' : ',').map((c) => c.trim());
    const [time] = columns;
    const last = semicolons ? columns.at(-1)?.replace(',', '.') : columns.at(-1);
    if (time === undefined || time === '' || columns.length < 2) return;
    const start_ms = TIME.test(time) ? Date.parse(time.replace(' ', 'T')) : NaN;
    const price = last === undefined || last === '' ? NaN : Number(last);
    if (Number.isFinite(start_ms) && Number.isFinite(price)) points.push({ start_ms, price });
    else if (i > 0) {
      wrong += 1;
      if (wrong <= FINDINGS_MAX) findings.push(`line ${i + 1}: "${shown(line)}" is no price`);
    }
  });
  if (wrong > FINDINGS_MAX) findings.push(`${wrong - FINDINGS_MAX} more lines are no prices`);
  if ((lines[LINES_MAX] ?? '') !== '')
    findings.push(`only the first ${LINES_MAX} lines are read; leave out what is long past`);
  if (points.length >= DAY_POINTS && points.every((p) => Math.abs(p.price) <= PER_KWH_MAX))
    findings.push(`no price is above ${PER_KWH_MAX}: are these per kWh? They are read per MWh`);
  if (points.length === 0) findings.push('no price at all: lines are `2027-01-31T13:00Z,58.20`');
  return { points, findings };
}

/** The begin of a line for people; what a terminal would act upon is left out. */
const shown = (line: string): string => line.slice(0, 40).replace(/\p{Cc}/gu, ' ');
