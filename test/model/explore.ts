import { PROPERTIES } from './properties';
import { type Environment, keyOf, type Rules, startStates, step, type World } from './world';

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** First violation of each property, with the way there. */
  readonly violations: ReadonlyMap<string, string>;
  readonly complete: boolean;
}

const NOMINAL: Environment = {
  grid: 'fresh',
  decision: 'done',
  stations: 'fresh',
  supervisorAlive: true,
  claimsHold: true,
  uplink: 'up',
  cpms: 'up',
  emergencyStop: false,
  person: 'none',
  station: 'obeys',
};

type Choices = { readonly [K in keyof Environment]?: readonly Environment[K][] };

/** The product of all choices, each other field as in `base`. Pure. */
function combine(base: Environment, choices: Choices): readonly Environment[] {
  let out: readonly Environment[] = [base];
  for (const [key, values] of Object.entries(choices)) {
    out = out.flatMap((e) => values.map((value) => ({ ...e, [key]: value })));
  }
  return out;
}

/**
 * What the environment may do in one period. All combinations of the fields that interact; the
 * further kinds of a bad meter and the four states of the links each with every single other field.
 */
export function environments(): readonly Environment[] {
  const interacting: Choices = {
    grid: ['fresh', 'silent'],
    decision: ['done', 'failed', 'late'],
    stations: ['fresh', 'silent'],
    supervisorAlive: [true, false],
    claimsHold: [true, false],
    emergencyStop: [false, true],
    station: ['obeys', 'deaf', 'rebooted'],
  };
  const persons = ['force-static', 'leave-static', 'acknowledge-stop'] as const;
  const links: Choices = { uplink: ['up', 'down'], cpms: ['up', 'down'] };
  const out = [...combine(NOMINAL, interacting)];
  for (const person of persons) {
    for (const grid of ['fresh', 'silent'] as const) {
      out.push(...combine({ ...NOMINAL, person, grid }, { emergencyStop: [false, true] }));
    }
  }
  for (const grid of ['frozen', 'implausible'] as const) {
    for (const [key, values] of Object.entries(interacting)) {
      if (key !== 'grid') out.push(...combine({ ...NOMINAL, grid }, { [key]: values }));
    }
  }
  out.push(
    ...combine(NOMINAL, { ...links, grid: ['fresh', 'silent'], decision: ['done', 'failed'] }),
  );
  return out;
}

/**
 * Breadth-first over all reachable states, all environments in each; stops at `limit` states, or at
 * the first violation of `until`.
 */
export function explore(rules: Rules, limit: number, until?: string): Exploration {
  const seen = new Map<string, World>();
  const open: World[] = [];
  const violations = new Map<string, string>();
  const all = environments();
  const visit = (world: World): void => {
    const key = keyOf(world);
    if (seen.has(key)) return;
    seen.set(key, world);
    open.push(world);
  };
  for (const start of startStates()) visit(start);
  let transitions = 0;
  for (let at = 0; at < open.length && seen.size <= limit; at += 1) {
    const before = open[at];
    if (before === undefined) break;
    for (const environment of all) {
      const after = step(before, environment, rules);
      transitions += 1;
      for (const property of PROPERTIES) {
        if (violations.has(property.id) || property.holds(before, environment, after, rules))
          continue;
        const text = `${keyOf(before)} --${JSON.stringify(environment)}--> ${keyOf(after)}`;
        violations.set(property.id, text);
        if (property.id === until) {
          return { states: seen.size, transitions, violations, complete: false };
        }
      }
      visit(after);
    }
  }
  return { states: seen.size, transitions, violations, complete: seen.size <= limit };
}
