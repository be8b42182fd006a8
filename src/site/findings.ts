/** How bad a finding is: `error` refuses the file, `risk` must be accepted by two persons. */
export type Severity = 'error' | 'risk' | 'warning' | 'note';

/** One result of decoding or checking, written for the person who has to mend the file. */
export interface Finding {
  readonly severity: Severity;
  /** Closed, stable code, e.g. `static-plan-import`. */
  readonly code: string;
  /** Path in the file: `stations[2].static_A`. */
  readonly path: string;
  /** Node, device or station it is about. */
  readonly subject: string;
  /** What is wrong, with the numbers. */
  readonly text: string;
  /** The sentence that mends it. */
  readonly fix: string;
}

/** Pure. */
export function finding(
  severity: Severity,
  code: string,
  at: { path: string; subject: string },
  text: string,
  fix: string,
): Finding {
  return { severity, code, path: at.path, subject: at.subject, text, fix };
}
