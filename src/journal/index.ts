/**
 * journal — append-only records: framed, CRC-checked, hash-chained, bounded; sans-IO.
 *
 * Decides: how a record lies on disk, what a file still proves after a crash or an edit, and when a
 * segment is full. Must never: touch a file (the store adapter does), reorder, or drop silently:
 * what
 * a bound cuts off is named in the head of the next segment.
 * Terms: *record* (one payload), *segment* (one file), *chain* (each record holds the hash of the
 * one
 * before), *torn tail* (the last write did not finish; nothing acknowledged is in it).
 */
export { crc32 } from './crc32';
export {
  type ChainPosition,
  encodeRecord,
  GENESIS,
  type Hash,
  HEADER_BYTES,
  RECORD_MAX_BYTES,
} from './record';
export { recover, type Recovered, type TailState } from './recovery';
export {
  type AppendPlan,
  type JournalOptions,
  JournalWriter,
  segmentName,
  segmentSequence,
} from './segments';
