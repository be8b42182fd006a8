/** One line per event on stderr (journald takes it): time, process, text. Nothing secret. */
export function log(process_: string, text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${process_}: ${text.slice(0, 500)}\n`);
}
