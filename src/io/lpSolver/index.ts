/**
 * io/lpSolver — the solver behind the port of planning: yalps in a worker with a time limit.
 *
 * Decides nothing about the program. Must never: block the caller's thread, outlive its time limit,
 * or reject; what goes wrong is an answer with a reason.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LinearProgram, LpSolution, LpSolver } from '../../planning';

export { solveHere } from './solve';

/** Start of the worker and one program of 36 h in quarter hours took 0.3 s on a small board. */
const START_ms = 3_000;

/** One worker per program: it ends with its answer, or is ended when its time is up. */
export class WorkerLpSolver implements LpSolver {
  private readonly program: string;

  /** `workerFile`: the compiled worker; by default the one beside this file. */
  constructor(workerFile: string = defaultWorker()) {
    this.program = workerFile;
  }

  solve(program: LinearProgram, limit_ms: number): Promise<LpSolution> {
    return new Promise((resolve) => {
      const typescript = this.program.endsWith('.ts');
      const worker = new Worker(this.program, {
        workerData: { program, limit_ms },
        ...(typescript ? { execArgv: ['-r', 'ts-node/register'] } : {}),
        resourceLimits: { maxOldGenerationSizeMb: 128 },
      });
      let done = false;
      const finish = (solution: LpSolution): void => {
        if (done) return;
        done = true;
        clearTimeout(timer);
        resolve(solution);
        void worker.terminate();
      };
      const timer = setTimeout(
        () => finish({ status: 'timeout', why: `no answer within ${limit_ms} ms` }),
        limit_ms + START_ms,
      );
      worker.once('message', (solution: LpSolution) => finish(solution));
      worker.once('error', (cause) => finish({ status: 'failed', why: String(cause) }));
      worker.once('exit', () => finish({ status: 'failed', why: 'the worker ended unasked' }));
    });
  }
}

function defaultWorker(): string {
  const compiled = join(__dirname, 'worker.js');
  return existsSync(compiled) ? compiled : join(__dirname, 'worker.ts');
}
