import { character_ms, silence_ms } from './lineTiming';
import { MAX_READ_REGISTERS } from './pdu';

/** One value that must arrive in one transaction: `count` 2 for 32 bits, 4 for 64 bits. */
export interface ReadWant {
  readonly table: 'holding' | 'input';
  readonly address: number;
  readonly count: number;
}

/** One transaction and the wants it serves, in address order. */
export interface ReadBlock extends ReadWant {
  readonly wants: readonly ReadWant[];
}

/** Registers that must not be read over: absent ones, or ones whose reading has side effects. */
export interface RegisterHole {
  readonly table: 'holding' | 'input';
  readonly address: number;
  readonly count: number;
}

export interface CoalesceOptions {
  /** Unwanted registers that may lie between two wants of one block; see `gapTolerance`. */
  readonly gap: number;
  /** Greatest registers of one block; see `blockCap`. A single larger want is kept whole. */
  readonly cap: number;
  readonly holes: readonly RegisterHole[];
}

/**
 * Registers worth reading over rather than starting a new transaction:
 * floor((13 c + 2 t3.5 + turnaround) / 2 c), c = character time. Pure.
 */
export function gapTolerance(baud: number, turnaround_ms: number): number {
  const char_ms = character_ms(baud);
  return Math.floor((13 * char_ms + 2 * silence_ms(baud) + turnaround_ms) / (2 * char_ms));
}

/**
 * Greatest registers of one read so that the whole transaction holds the bus for at most `hold_ms`
 * (default 100): 33 at 9600, 77 at 19200, 125 from 38400 baud on. Pure.
 */
export function blockCap(baud: number, hold_ms = 100): number {
  const char_ms = character_ms(baud);
  // Request 8 bytes, reply 5 + 2n, both silences; zero turnaround.
  const registers = Math.floor(((hold_ms - 2 * silence_ms(baud)) / char_ms - 13) / 2);
  return Math.max(1, Math.min(MAX_READ_REGISTERS, registers));
}

const endOf = (range: { address: number; count: number }): number => range.address + range.count;

function crossesHole(
  table: ReadWant['table'],
  from: number,
  to: number,
  holes: readonly RegisterHole[],
): boolean {
  return holes.some((hole) => hole.table === table && hole.address < to && endOf(hole) > from);
}

function blockOf(wants: readonly ReadWant[]): ReadBlock {
  const [first] = wants;
  if (first === undefined) throw new Error('a block serves at least one want');
  const end = wants.reduce((greatest, want) => Math.max(greatest, endOf(want)), 0);
  return { table: first.table, address: first.address, count: end - first.address, wants };
}

/**
 * Joins wants into blocks: sorted by table and address, joined over at most `gap` unwanted
 * registers, never past `cap`, never across a hole, never through a want. Pure.
 */
export function coalesceReads(wants: readonly ReadWant[], options: CoalesceOptions): ReadBlock[] {
  const sorted = [...wants].sort(
    (a, b) => a.table.localeCompare(b.table) || a.address - b.address || a.count - b.count,
  );
  const blocks: ReadBlock[] = [];
  let open: ReadWant[] = [];
  let end = 0;
  for (const want of sorted) {
    const [first] = open;
    const joins =
      first?.table === want.table &&
      want.address - end <= options.gap &&
      Math.max(end, endOf(want)) - first.address <= Math.min(options.cap, MAX_READ_REGISTERS) &&
      !crossesHole(want.table, end, want.address, options.holes);
    if (!joins && first !== undefined) {
      blocks.push(blockOf(open));
      open = [];
      end = 0;
    }
    open.push(want);
    end = Math.max(end, endOf(want));
  }
  if (open.length > 0) blocks.push(blockOf(open));
  return blocks;
}
