import { type Constraint, solve, type Solution } from 'yalps';
import type { LinearProgram, LpSolution } from '../../planning';

/** Pivots after which a program of this size is not solved any more. */
const MAX_PIVOTS = 50_000;
const PRECISION = 1e-8;

/** Solves in this thread. Never throws. */
export function solveHere(program: LinearProgram, limit_ms: number): LpSolution {
  const constraints = new Map<number, Constraint>();
  program.constraints.forEach((c, index) => {
    const { least, most } = c;
    const equal = least !== undefined && least === most;
    constraints.set(index, equal ? { equal: least } : bounds(least, most));
  });
  const variables = new Map<string, Map<number, number>>();
  for (const v of program.variables) {
    const terms = new Map<number, number>([[-1, v.cost]]);
    for (const [index, coefficient] of v.terms) terms.set(index, coefficient);
    variables.set(v.name, terms);
  }
  let solution: Solution;
  try {
    solution = solve(
      { direction: 'minimize', objective: -1, constraints, variables },
      { maxPivots: MAX_PIVOTS, precision: PRECISION, timeout: limit_ms },
    );
  } catch (cause) {
    return { status: 'failed', why: cause instanceof Error ? cause.message : 'the solver threw' };
  }
  if (solution.status === 'optimal') {
    return { status: 'optimal', cost: solution.result, values: new Map(solution.variables) };
  }
  const status =
    solution.status === 'infeasible' || solution.status === 'unbounded'
      ? solution.status
      : 'timeout';
  return { status, why: `the solver says ${solution.status}` };
}

function bounds(least: number | undefined, most: number | undefined): Constraint {
  return {
    ...(least === undefined ? {} : { min: least }),
    ...(most === undefined ? {} : { max: most }),
  };
}
