/** What went wrong with a port. Stable codes; tests and alarms name them. */
export type SerialErrorCode =
  'port-missing' | 'port-taken' | 'port-denied' | 'port-lost' | 'port-failed';

/** Says what failed, where, and what to do about it. */
export class SerialError extends Error {
  readonly code: SerialErrorCode;
  readonly path: string;
  readonly fix: string;

  constructor(code: SerialErrorCode, path: string, what: string, fix: string, cause: unknown) {
    super(`${path}: ${what} (${fix})`, { cause });
    this.name = 'SerialError';
    this.code = code;
    this.path = path;
    this.fix = fix;
  }
}

/** Names the reason behind a foreign error of `open`, by the texts of bindings-cpp 13. Pure. */
export function openError(path: string, cause: unknown): SerialError {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/lock|busy|temporarily unavailable/i.test(text)) {
    const fix = 'stop the other program, e.g. find it with: fuser -v ' + path;
    return new SerialError('port-taken', path, 'another program holds the port', fix, cause);
  }
  if (/permission|EACCES|EPERM/i.test(text)) {
    const fix = 'add the user to the group of the device node (dialout)';
    return new SerialError('port-denied', path, 'no permission to open the port', fix, cause);
  }
  if (/no such (file|device)|ENOENT|ENXIO|ENODEV/i.test(text)) {
    const fix = 'check the adapter and the path in the site file: ls -l /dev/serial/by-path';
    return new SerialError('port-missing', path, 'there is no such port', fix, cause);
  }
  return new SerialError(
    'port-failed',
    path,
    text,
    'check the port settings and the adapter',
    cause,
  );
}
