/** The thread that solves one program and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import type { LinearProgram } from '../../planning';
import { solveHere } from './solve';

interface Job {
  readonly program: LinearProgram;
  readonly limit_ms: number;
}

function isJob(data: unknown): data is Job {
  return typeof data === 'object' && data !== null && 'program' in data && 'limit_ms' in data;
}

const job: unknown = workerData;
if (isJob(job)) parentPort?.postMessage(solveHere(job.program, job.limit_ms));
