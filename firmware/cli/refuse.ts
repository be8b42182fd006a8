/**
 * How a command refuses: the sentence on stderr and, with `--json`, `{ok: false, text}` as its one
 * object on stdout. Gives the exit code back: 1 finding, 2 usage.
 */
export function refuse(command: string, json: boolean, code: 1 | 2, text: string): 1 | 2 {
  process.stderr.write(`holdfast ${command}: ${text}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ ok: false, text })}\n`);
  return code;
}

/** The sentence about a word that nothing reads: it would be obeyed by nobody. Pure. */
export function surplus(words: readonly string[], most: number): string | undefined {
  const [one] = words.slice(most);
  return one === undefined ? undefined : `"${one}" is one word too many`;
}
