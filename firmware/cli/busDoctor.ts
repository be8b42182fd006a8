import type { BusResult } from '../../src/modbus';
import type { BusSession } from './busSession';

export interface Diagnosis {
  readonly healthy: boolean;
  /** Figures of the tries. */
  readonly tries: number;
  readonly answered: number;
  readonly p50_ms?: number;
  readonly p95_ms?: number;
  readonly strayBytes: number;
  readonly failures: Readonly<Record<string, number>>;
  /** In words, most likely first; empty when all is well. */
  readonly findings: readonly string[];
}

const TRIES = 20;
/** An FTDI adapter hands bytes over every 16 ms unless its latency timer is set lower. */
const LATENCY_ms = 16;

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;

/** Reads the same register again and again and says what is likely wrong with the line. */
export async function examine(
  session: BusSession,
  unit: number,
  wire_ms: number,
): Promise<Diagnosis> {
  const results: BusResult[] = [];
  for (let i = 0; i < TRIES; i += 1)
    results.push(
      await session.ask(unit, { kind: 'read', table: 'holding', address: 0, count: 1 + (i % 2) }),
    );
  return diagnose(results, session.strayBytes(), wire_ms);
}

/** `wire_ms`: time of request and reply on the wire, without any turnaround. Pure. */
export function diagnose(
  results: readonly BusResult[],
  strayBytes: number,
  wire_ms: number,
): Diagnosis {
  const failures: Record<string, number> = {};
  const times: number[] = [];
  let echoes = 0;
  for (const result of results) {
    if (result.ok) times.push(result.roundTrip_ms);
    else if (result.reason !== 'exception') {
      failures[result.reason] = (failures[result.reason] ?? 0) + 1;
      if (result.text.includes('echo')) echoes += 1;
    }
  }
  times.sort((a, b) => a - b);
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  const facts = { failures, strayBytes, echoes, answered: results.length - failed };
  const findings = findingsOf(facts, results.length, times, wire_ms);
  return {
    healthy: findings.length === 0,
    tries: results.length,
    answered: facts.answered,
    ...(times.length === 0 ? {} : { p50_ms: quantile(times, 0.5), p95_ms: quantile(times, 0.95) }),
    strayBytes,
    failures,
    findings,
  };
}

interface Facts {
  readonly failures: Readonly<Record<string, number>>;
  readonly strayBytes: number;
  readonly echoes: number;
  readonly answered: number;
}

function findingsOf(
  { failures, strayBytes, echoes, answered }: Facts,
  tries: number,
  times: readonly number[],
  wire_ms: number,
): string[] {
  const damaged = (failures['crc'] ?? 0) + (failures['truncated'] ?? 0);
  const foreign = failures['invalid-reply'] ?? 0;
  const findings: string[] = [];
  if (answered === 0 && damaged + foreign === 0)
    findings.push(
      strayBytes === 0
        ? 'no answer at all: check unit id, baud rate, A/B polarity, wiring, supply, termination'
        : 'bytes come but no frame: baud rate or parity is wrong, or A and B are swapped',
    );
  if (echoes > 0) findings.push('the adapter echoes what it sends: switch its echo off');
  if (answered > 0 && damaged > 0)
    findings.push(
      `${damaged} of ${tries} answers damaged: two devices with this unit id, or noise, missing ` +
        'termination or bias, too long a stub',
    );
  if (answered === 0 && damaged + foreign > 0)
    findings.push(
      'every answer is damaged: parity or stop bits are wrong, or two devices with this unit id ' +
        'answer at once',
    );
  if (answered > 0 && foreign > 0)
    findings.push(`${foreign} answers belong to another request: a second client on this line?`);
  if (answered > 0 && (failures['timeout'] ?? 0) > 0)
    findings.push(
      `${failures['timeout'] ?? 0} of ${tries} requests without an answer: loose contact, bias, ` +
        'or a device that is too busy',
    );
  const p50_ms = quantile(times, 0.5);
  if (times.length > 0 && p50_ms > wire_ms + LATENCY_ms - 4)
    findings.push(
      `answers take ${p50_ms.toFixed(0)} ms, the wire needs ${wire_ms.toFixed(0)} ms: a slow ` +
        'device, or a USB adapter with its latency timer at 16 ms (set it to 1 ms)',
    );
  return findings;
}
