/**
 * Whether this Node knows a time zone by its IANA name. For the commands that check, sign and
 * start: `Intl` costs each process that asks it 8 MiB.
 */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
