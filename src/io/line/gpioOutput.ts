import { spawn } from 'node:child_process';

/** Any byte is one edge (firmware/gpio-line). */
const ONE_EDGE = Buffer.from('k');
/**
 * Edges that were asked for and not yet answered by a '.'. More means that the program hangs (one
 * is asked for each second); what it has not taken yet would come late, when nobody vouches for
 * it any more.
 */
const UNANSWERED_MAX = 8;

/**
 * The program that drives a line of a GPIO chip. Started once; when it has ended, or does not
 * answer its edges, each further edge throws, and the relay drops.
 */
export function startGpioOutput(spec: {
  readonly program: string;
  readonly chip: string;
  readonly offset: number;
}): { edge(): void; close(): void } {
  const { program, chip, offset } = spec;
  const child = spawn(program, [chip, String(offset)], { stdio: ['pipe', 'pipe', 'inherit'] });
  let gone: string | undefined;
  let unanswered = 0;
  child.once('exit', (code, signal) => {
    gone ??= `${program} has ended (${signal ?? String(code)})`;
  });
  child.once('error', (error) => {
    gone ??= `${program} cannot be started: ${error.message}`;
  });
  // A broken pipe is the end of the program; without a listener it would be the end of this one.
  child.stdin.on('error', () => {
    gone ??= `${program} takes no edges any more`;
  });
  child.stdout.on('error', () => undefined);
  child.stdout.on('data', (dots: Buffer) => {
    unanswered = Math.max(0, unanswered - dots.length);
  });
  return {
    edge: () => {
      if (gone === undefined && unanswered >= UNANSWERED_MAX) {
        gone = `${program} does not answer`;
        child.kill('SIGKILL');
      }
      if (gone !== undefined) throw new Error(gone);
      unanswered += 1;
      child.stdin.write(ONE_EDGE);
    },
    close: () => {
      child.stdin.end();
      child.kill();
    },
  };
}
