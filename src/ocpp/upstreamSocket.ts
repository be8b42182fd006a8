import { later, passed } from '../time';
import type { Instant } from '../time';
import type { UpstreamEvents, UpstreamLink } from './relayTypes';

const BACKOFF_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const;

export interface UpstreamOwner {
  opened(now: Instant): void;
  received(text: string, now: Instant): void;
  /** @param was - the socket had been open; false: it could not be opened */
  lost(was: boolean, now: Instant): void;
}

/** One socket to the CPMS: dialled when wanted, again after a loss, slower each time. */
export class UpstreamSocket {
  private readonly connect: (events: UpstreamEvents) => UpstreamLink;
  private readonly owner: UpstreamOwner;
  private link: UpstreamLink | undefined;
  private isOpen = false;
  private retry_at: Instant;
  private failures = 0;

  constructor(
    connect: (events: UpstreamEvents) => UpstreamLink,
    owner: UpstreamOwner,
    now: Instant,
  ) {
    this.connect = connect;
    this.owner = owner;
    this.retry_at = now;
  }

  get open(): boolean {
    return this.isOpen;
  }

  /** Dials at the next `dial`, whatever the back-off was. */
  soon(now: Instant): void {
    this.retry_at = now;
  }

  /** Dials when there is no socket and the back-off is over. */
  dial(now: Instant): void {
    if (this.link !== undefined || !passed(this.retry_at, now)) return;
    let mine: UpstreamLink | undefined = undefined;
    const own = (): boolean => mine !== undefined && this.link === mine;
    this.retry_at = later(now, BACKOFF_MS[0]);
    mine = this.connect({
      opened: (at) => {
        if (!own()) return;
        this.isOpen = true;
        this.failures = 0;
        this.owner.opened(at);
      },
      received: (text, at) => {
        if (own()) this.owner.received(text, at);
      },
      closed: (at) => {
        if (own()) this.closed(at);
      },
    });
    this.link = mine;
  }

  private closed(now: Instant): void {
    const was = this.isOpen;
    this.link = undefined;
    this.isOpen = false;
    const wait_ms = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)] ?? 30_000;
    this.failures += 1;
    this.retry_at = later(now, wait_ms);
    this.owner.lost(was, now);
  }

  /** Ends the connection from here; it is dialled again after the back-off. */
  cut(now: Instant): void {
    const { link } = this;
    if (link === undefined) return;
    this.closed(now);
    link.close();
  }

  send(text: string): void {
    this.link?.send(text);
  }

  hangUp(): void {
    const { link } = this;
    this.link = undefined;
    this.isOpen = false;
    link?.close();
  }
}
