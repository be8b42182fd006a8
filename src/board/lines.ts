import type { Board } from './decode';

export interface BoardLines {
  /** By id of the site file: its back end. */
  readonly backEnds: ReadonlyMap<string, string>;
  /** What does not fit, in sentences; empty when every line of the site has its back end. */
  readonly problems: readonly string[];
}

/**
 * Which back end serves which line of the site: the one of the same id, or the only one there is.
 * On a board that only emulates, further lines get files beside the first. `state` replaces the
 * folder `holdfast-state` of emulated files. Pure.
 */
export function linesFor(board: Board, lines: readonly string[], state: string): BoardLines {
  const problems: string[] = [];
  const backEnds = new Map<string, string>();
  const [first] = board.lines;
  for (const id of lines) {
    const own = board.lines.find((l) => l.id === id);
    const only = lines.length === 1 && board.lines.length === 1 ? first : undefined;
    const chosen = own ?? only;
    if (chosen !== undefined) {
      backEnds.set(id, chosen.backEnd.replace(/^emulated:holdfast-state\//, `emulated:${state}/`));
    } else if (first !== undefined && board.status === 'emulated-line') {
      backEnds.set(id, `emulated:${state}/line-${id}`);
    } else {
      const known = board.lines.map((l) => l.id).join(', ');
      problems.push(`board ${board.id} has no line "${id}"; it has: ${known}`);
    }
  }
  return { backEnds, problems };
}
