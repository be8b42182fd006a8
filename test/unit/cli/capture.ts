/** Runs a command in this process and keeps what it prints. */
export async function captured(
  run: () => number | Promise<number>,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const texts = { out: '', err: '' };
  const keep =
    (key: 'out' | 'err') =>
    (chunk: unknown): boolean => {
      texts[key] += String(chunk);
      return true;
    };
  const before = {
    out: process.stdout.write.bind(process.stdout),
    err: process.stderr.write.bind(process.stderr),
  };
  process.stdout.write = keep('out');
  process.stderr.write = keep('err');
  try {
    const code = await run();
    return { code, ...texts };
  } finally {
    process.stdout.write = before.out;
    process.stderr.write = before.err;
  }
}
