import type { Authority, LimitRequest, NodeLimit } from '../model';
import type { Site } from '../site';
import { type Instant, passed } from '../time';
import { sumPhases } from '../units';
import type { GridWatch } from './gridWatch';
import { storeRequest, withdrawRequest } from './limitRequests';
import type { RuntimePorts } from './ports';
import { nextSiteLimits, NO_SITE_LIMITS } from './siteLimits';

/** Requests of other parties and the site's own limits, as each cycle finds them. */
export class LimitBook {
  private readonly site: Site;
  private readonly ports: Pick<RuntimePorts, 'clock' | 'audit' | 'inputs'>;
  private requests: readonly LimitRequest[] = [];
  private own = NO_SITE_LIMITS;

  constructor(site: Site, ports: Pick<RuntimePorts, 'clock' | 'audit' | 'inputs'>) {
    this.site = site;
    this.ports = ports;
  }

  /** Stores a request; it is weighed in the next cycle. Undefined, or why it is not taken. */
  request(request: LimitRequest): string | undefined {
    const verdict = storeRequest(this.requests, request, this.site, this.ports.clock.now());
    const subject = request.limit.node;
    const who = `request ${request.id} of ${request.authority}`;
    if (!verdict.ok) {
      this.ports.audit.append({ kind: 'denial', subject, text: `${who}: ${verdict.why}` });
      return verdict.why;
    }
    this.requests = verdict.requests;
    this.ports.audit.append({ kind: 'limit', subject, text: `${who}: ${request.limit.text}` });
    return undefined;
  }

  /** Its setter takes a request back. */
  withdraw(id: string, by: Authority): void {
    this.requests = withdrawRequest(this.requests, id, by);
    this.ports.audit.append({ kind: 'limit', subject: id, text: `withdrawn by ${by}` });
  }

  /** What holds in this cycle; what is not measured counts as used up. */
  now(
    grid: GridWatch,
    now: Instant,
  ): { readonly requests: readonly LimitRequest[]; readonly limits: readonly NodeLimit[] } {
    this.requests = this.requests.filter((r) => !passed(r.expires_at, now));
    const reading = grid.reading.quality === 'good' ? grid.reading.value : undefined;
    const { inputs, clock } = this.ports;
    const facts = {
      site: this.site,
      ...(reading === undefined ? {} : { import_W: sumPhases(reading.power) }),
      contact: (name: string) => inputs?.contact(name) ?? ('unknown' as const),
      wall_ms: clock.wall_ms(),
    };
    const next = nextSiteLimits(this.own, facts, now);
    this.own = next.state;
    return { requests: this.requests, limits: next.limits };
  }
}
