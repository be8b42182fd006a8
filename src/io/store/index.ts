/**
 * io/store — files that survive a kill: the journal on disk, and small files replaced atomically.
 *
 * Decides: nothing about content. Must never: acknowledge before fdatasync, leave half a file, or
 * append to a segment whose tail does not verify.
 */
export { removeDurably, writeAtomic } from './atomic';
export { KeptFile, type LaterFiles, realLaterFiles } from './keptFile';
export { type FileSystem, realFileSystem } from './fileSystem';
export {
  JournalStore,
  type JournalStoreOptions,
  type OpenedJournal,
  openJournal,
} from './journalStore';
export { type OpenedRecords, openRecords } from './recordStore';
