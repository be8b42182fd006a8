/**
 * The frame of every campaign: options, progress on stderr, and exactly one JSON object as the last
 * line on stdout. A campaign is a list of cases; a case measures, compares with its bars, and says
 * with which command it can be run again.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, type } from 'node:os';
import { join } from 'node:path';

export type Comparison = '<=' | '>=' | '==' | '<' | '>';

/** One bar: `measured[name] op value`. */
export interface Bar {
  readonly name: string;
  readonly op: Comparison;
  readonly value: number;
}

export interface JudgedBar extends Bar {
  readonly ok: boolean;
}

export interface CaseResult {
  readonly id: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  /** Names end with their unit: `cpu_us_per_read`; a fraction or count needs none. */
  readonly measured: Readonly<Record<string, number>>;
  readonly bars: readonly JudgedBar[];
  readonly outcome: 'pass' | 'fail' | 'not-run';
  readonly why: string;
  readonly negativeControl?: { readonly disabled: string; readonly outcome: 'pass' | 'fail' };
  readonly replay: string;
}

/** What a case finds out; the frame makes the result of it. */
export type CaseFinding =
  | {
      readonly measured: Readonly<Record<string, number>>;
      readonly bars?: readonly Bar[];
      /** A failure that no number shows, in words. */
      readonly failure?: string;
      readonly negativeControl?: CaseResult['negativeControl'];
    }
  | { readonly skipped: string };

export interface CampaignCase {
  readonly id: string;
  readonly params: CaseResult['params'];
  run(): Promise<CaseFinding>;
}

export interface CampaignContext {
  readonly quick: boolean;
  readonly seed: number;
  /** What `--case` asks for: an id, or its beginning and `*`. */
  readonly only?: string;
  /** One line to stderr. */
  readonly progress: (text: string) => void;
}

export interface Campaign {
  /** As typed: "bench modbus". */
  readonly command: string;
  readonly composition: 'real' | 'virtual';
  /** What is emulated rather than real hardware or software. */
  readonly emulated: readonly string[];
  readonly cases: (context: CampaignContext) => readonly CampaignCase[];
}

export interface CampaignReport {
  readonly command: string;
  readonly version: string;
  readonly commit: string;
  readonly composition: 'real' | 'virtual';
  readonly seed: number;
  readonly machine: Readonly<Record<'cpu' | 'node' | 'os', string>> & {
    readonly cores: number;
    readonly load1: number;
  };
  readonly emulated: readonly string[];
  readonly skipped: readonly { readonly id: string; readonly why: string }[];
  readonly cases: readonly CaseResult[];
  readonly totals: { readonly pass: number; readonly fail: number; readonly notRun: number };
  readonly elapsed_s: number;
}

interface Options {
  quick: boolean;
  seed: number;
  only: string | undefined;
  out: string | undefined;
}

const ROOT = join(__dirname, '..');

function compare(left: number, op: Comparison, right: number): boolean {
  switch (op) {
    case '<=':
      return left <= right;
    case '>=':
      return left >= right;
    case '==':
      return left === right;
    case '<':
      return left < right;
    case '>':
      return left > right;
  }
}

/** Compares what was measured with the bars; a number that is missing fails its bar. Pure. */
export function judge(
  measured: Readonly<Record<string, number>>,
  bars: readonly Bar[],
): JudgedBar[] {
  return bars.map((bar) => {
    const left = measured[bar.name];
    return { ...bar, ok: left !== undefined && compare(left, bar.op, bar.value) };
  });
}

/** Throws with a usage line for an unknown option or a seed that is no integer. */
export function parseOptions(command: string, argv: readonly string[]): Options {
  const options: Options = { quick: false, seed: 1, only: undefined, out: undefined };
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--quick') options.quick = true;
    else if (word === '--case') options.only = words.shift();
    else if (word === '--out') options.out = words.shift();
    else if (word === '--seed') options.seed = Number(words.shift());
    else if (word !== '--json') {
      throw new Error(
        `${command}: unknown option ${word}; use --quick --case ID --seed N --out FILE`,
      );
    }
  }
  if (!Number.isInteger(options.seed)) throw new Error(`${command}: --seed wants an integer`);
  return options;
}

async function runCase(campaign: Campaign, one: CampaignCase, seed: number): Promise<CaseResult> {
  const { id, params } = one;
  const replay = `npm run --silent ${campaign.command.replace(' ', ' -- ')} --case ${id} --seed ${seed}`;
  const failed = (why: string): CaseResult => ({
    id,
    params,
    measured: {},
    bars: [],
    outcome: 'fail',
    why,
    replay,
  });
  try {
    const finding = await one.run();
    if ('skipped' in finding) {
      return { ...failed(finding.skipped), outcome: 'not-run' };
    }
    const bars = judge(finding.measured, finding.bars ?? []);
    const missed = bars
      .filter((bar) => !bar.ok)
      .map(
        (bar) =>
          `${bar.name} ${finding.measured[bar.name] ?? 'missing'}, not ${bar.op} ${bar.value}`,
      );
    if (finding.failure !== undefined) missed.push(finding.failure);
    const { measured, negativeControl } = finding;
    return {
      id,
      params,
      measured,
      bars,
      outcome: missed.length === 0 ? 'pass' : 'fail',
      why: missed.join('; '),
      ...(negativeControl === undefined ? {} : { negativeControl }),
      replay,
    };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

const matches = (id: string, only: string): boolean =>
  only.endsWith('*') ? id.startsWith(only.slice(0, -1)) : id === only;

function commitOfTree(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: ROOT,
      encoding: 'utf8',
    }).trim();
  } catch {
    return 'unknown';
  }
}

function versionOfPackage(): string {
  const content: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const known = typeof content === 'object' && content !== null && 'version' in content;
  return known ? String(content.version) : 'unknown';
}

/**
 * Runs a campaign with the words of its command line and prints the report. Result: the exit code,
 * 0 only if nothing failed, 2 for wrong usage.
 */
export async function runCampaign(campaign: Campaign, argv: readonly string[]): Promise<number> {
  const progress = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  let options: Options;
  try {
    options = parseOptions(campaign.command, argv);
  } catch (error) {
    progress(error instanceof Error ? error.message : String(error));
    return 2;
  }
  const { quick, seed, only, out } = options;
  const started = performance.now();
  const context = { quick, seed, progress, ...(only === undefined ? {} : { only }) };
  const all = campaign.cases(context);
  const chosen = only === undefined ? all : all.filter((one) => matches(one.id, only));
  if (chosen.length === 0) {
    progress(
      `${campaign.command}: no case ${only ?? ''}; there are: ${all.map((c) => c.id).join(' ')}`,
    );
    return 2;
  }
  const cases: CaseResult[] = [];
  for (const one of chosen) {
    const result = await runCase(campaign, one, seed);
    cases.push(result);
    const numbers = Object.entries(result.measured).map(
      ([name, value]) => `${name}=${+value.toFixed(4)}`,
    );
    progress(`${result.outcome.padEnd(7)} ${one.id} ${numbers.join(' ')} ${result.why}`.trimEnd());
  }
  const report = reportOf(campaign, seed, cases, (performance.now() - started) / 1000);
  const line = JSON.stringify(report);
  if (out !== undefined) writeFileSync(out, `${line}\n`);
  process.stdout.write(`${line}\n`);
  return report.totals.fail === 0 ? 0 : 1;
}

function reportOf(
  campaign: Campaign,
  seed: number,
  cases: readonly CaseResult[],
  elapsed_s: number,
): CampaignReport {
  const count = (outcome: CaseResult['outcome']): number =>
    cases.filter((result) => result.outcome === outcome).length;
  return {
    command: campaign.command,
    version: versionOfPackage(),
    commit: commitOfTree(),
    composition: campaign.composition,
    seed,
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      node: process.version,
      os: `${type()} ${release()}`,
      load1: loadavg()[0] ?? 0,
    },
    emulated: campaign.emulated,
    skipped: cases
      .filter((result) => result.outcome === 'not-run')
      .map(({ id, why }) => ({ id, why })),
    cases,
    totals: { pass: count('pass'), fail: count('fail'), notRun: count('not-run') },
    elapsed_s: Math.round(elapsed_s * 10) / 10,
  };
}
