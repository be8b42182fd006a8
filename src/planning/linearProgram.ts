/** A linear program as data, and the port of whoever solves it. */

export interface LinearProgram {
  readonly objective: 'minimize';
  /** Variables are >= 0. */
  readonly variables: readonly LpVariable[];
  readonly constraints: readonly LpConstraint[];
}

export interface LpVariable {
  readonly name: string;
  readonly cost: number;
  /** Constraint index -> coefficient. */
  readonly terms: readonly (readonly [number, number])[];
}

/** `least <= sum(coefficient * variable) <= most`; equal where both are the same. */
export interface LpConstraint {
  readonly least?: number;
  readonly most?: number;
}

export type LpSolution =
  | {
      readonly status: 'optimal';
      readonly cost: number;
      readonly values: ReadonlyMap<string, number>;
    }
  | { readonly status: 'infeasible' | 'unbounded' | 'timeout' | 'failed'; readonly why: string };

/** Port: solves within the time or says why not; never rejects. */
export interface LpSolver {
  solve(program: LinearProgram, limit_ms: number): Promise<LpSolution>;
}

/** Collects a program. */
export class LpBuilder {
  private readonly variables: LpVariable[] = [];
  private readonly constraints: LpConstraint[] = [];

  /** Adds a constraint; the result is its index. */
  constrain(constraint: LpConstraint): number {
    this.constraints.push(constraint);
    return this.constraints.length - 1;
  }

  variable(name: string, cost: number, terms: readonly (readonly [number, number])[]): void {
    this.variables.push({ name, cost, terms });
  }

  build(): LinearProgram {
    return { objective: 'minimize', variables: this.variables, constraints: this.constraints };
  }
}
