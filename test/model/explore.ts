import { PROPERTIES } from './properties';
import {
  type Environment,
  keyOf,
  numberOf,
  type Rules,
  startStates,
  step,
  type World,
} from './world';

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
  const seen = new Set<number>();
  let next: World[] = [];
  const violations = new Map<string, string>();
  const all = environments();
  /** Properties not yet violated. */
  let pending = PROPERTIES;
  const visit = (world: World): void => {
    const key = numberOf(world);
    if (seen.has(key)) return;
    seen.add(key);
    next.push(world);
  };
  for (const start of startStates()) visit(start);
  let transitions = 0;
  /** Steps from one state; true when the search is over. */
  const expand = (before: World): boolean => {
    for (const environment of all) {
      const after = step(before, environment, rules);
      transitions += 1;
      for (const property of pending) {
        if (property.holds(before, environment, after, rules)) continue;
        pending = pending.filter((p) => p !== property);
        const text = `${keyOf(before)} --${JSON.stringify(environment)}--> ${keyOf(after)}`;
        violations.set(property.id, text);
        if (property.id === until) return true;
      }
      visit(after);
    }
    return false;
  };
  // Layer by layer: a world whose steps are done is let go, the set knows it.
  while (next.length > 0) {
    const layer = next;
    next = [];
    for (const before of layer) {
      if (seen.size > limit) return { states: seen.size, transitions, violations, complete: false };
      if (expand(before)) return { states: seen.size, transitions, violations, complete: false };
    }
  }
  return { states: seen.size, transitions, violations, complete: seen.size <= limit };
}
