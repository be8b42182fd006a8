/** Where the memory of tags lies; absent ports keep it in memory only. */
export interface TagMemory {
  /** What `save` was given last. */
  readonly kept?: string;
  readonly save?: (text: string) => void;
  /** A keyed digest: tags are personal data and are not stored in clear. */
  readonly digest?: (tag: string) => string;
}
