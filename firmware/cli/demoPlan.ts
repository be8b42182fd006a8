import { FAULTS, type FaultPlan, faultNamed } from '../../src/sim/composition';

export interface DemoPlan {
  readonly file: string;
  readonly for_s?: number;
  readonly faults: readonly FaultPlan[];
  readonly seed: number;
  readonly json: boolean;
}

interface Given {
  readonly for?: string | undefined;
  readonly fault: readonly string[];
  readonly seed: string;
  readonly site: string;
  readonly json: boolean;
}

/** Reads the options of the demo; a sentence when one is wrong. Pure. */
export function parseDemoPlan(given: Given): DemoPlan | string {
  const for_s = given.for === undefined ? undefined : seconds(given.for);
  if (given.for !== undefined && for_s === undefined) {
    return `--for ${given.for}: write a time such as 30s, 5m or 2h`;
  }
  const seed = Number(given.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) return `--seed ${given.seed}: write a whole number`;
  const faults: FaultPlan[] = [];
  for (const text of given.fault) {
    const match = /^([a-z-]+)@(\d+(?:\.\d+)?)(?:\+(\d+(?:\.\d+)?))?$/.exec(text);
    const [, name, at, lasts] = match ?? [];
    if (name === undefined || faultNamed(name) === undefined) {
      const known = FAULTS.map((f) => f.name).join(', ');
      return `--fault ${text}: write NAME@AT_S or NAME@AT_S+FOR_S with a name of ${known}`;
    }
    const plan = { fault: name, at_s: Number(at) };
    faults.push(lasts === undefined ? plan : { ...plan, for_s: Number(lasts) });
  }
  const base = { file: given.site, faults, seed, json: given.json };
  return for_s === undefined ? base : { ...base, for_s };
}

function seconds(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)?$/.exec(text);
  if (match === null) return undefined;
  const factor = match[2] === 'h' ? 3600 : match[2] === 'm' ? 60 : 1;
  return Number(match[1]) * factor;
}
