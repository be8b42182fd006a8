/**
 * One line per event on stderr (journald takes it): time, process, text. Nothing secret. Texts come
 * from peers too: a line break or an escape sequence in one would forge a line of its own.
 */
export function log(process_: string, text: string): void {
  const line = text.slice(0, 500).replace(/\s*\p{Cc}\s*/gu, ' ');
  process.stderr.write(`${new Date().toISOString()} ${process_}: ${line}\n`);
}
