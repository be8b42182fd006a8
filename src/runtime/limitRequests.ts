/**
 * What other parties ask for, weighed at the door: a request only tightens, ends within a day, and
 * a vendor never asks for less than the safe static limits need (SECURITY.md "Authority").
 */
import type { Authority, LimitRequest, NodeLimit } from '../model';
import { type Site, staticPlan } from '../site';
import { between, type Instant, later } from '../time';
import { amps, mapPhases, PHASES, watts } from '../units';

/** Requests of all parties held at once; more are refused at the door. */
export const REQUESTS_MAX = 64;
/** Every tightening expires within a day; its setter may renew it. */
export const REQUEST_LIFE_ms = 24 * 3_600_000;

export type RequestVerdict =
  | { readonly ok: true; readonly requests: readonly LimitRequest[]; readonly stored: LimitRequest }
  | { readonly ok: false; readonly why: string };

/** Takes a request into the store, or says why not. One with the same id and setter replaces. Pure. */
export function storeRequest(
  held: readonly LimitRequest[],
  request: LimitRequest,
  site: Site,
  now: Instant,
): RequestVerdict {
  const wrong = faultOf(request, site, now);
  if (wrong !== undefined) return { ok: false, why: wrong };
  const same = held.find((r) => r.id === request.id);
  if (same !== undefined && same.authority !== request.authority) {
    return { ok: false, why: `request ${request.id} belongs to ${same.authority}` };
  }
  const others = held.filter((r) => r.id !== request.id);
  if (others.length >= REQUESTS_MAX) {
    return { ok: false, why: `${REQUESTS_MAX} requests are held already; withdraw one first` };
  }
  const latest = later(now, REQUEST_LIFE_ms);
  const stored: LimitRequest = {
    ...request,
    received_at: now,
    expires_at: request.expires_at > latest ? latest : request.expires_at,
    limit: request.authority === 'vendor' ? atLeastStatic(request.limit, site) : request.limit,
  };
  return { ok: true, requests: [...others, stored], stored };
}

/** Whoever set a request may take it back; nobody else. Pure. */
export const withdrawRequest = (
  held: readonly LimitRequest[],
  id: string,
  by: Authority,
): readonly LimitRequest[] => held.filter((r) => r.id !== id || r.authority !== by);

function faultOf(r: LimitRequest, site: Site, now: Instant): string | undefined {
  const { limit } = r;
  const known = site.nodes.some((n) => n.id === limit.node);
  if (!known)
    return `there is no node ${limit.node}; known: ${site.nodes.map((n) => n.id).join(', ')}`;
  // Taken and never weighed would be a promise that nobody keeps.
  if (limit.import_VA !== undefined) return 'a limit in VA is not weighed; ask in A or W';
  const values = [...(limit.import_A ?? []), limit.import_W, limit.export_W];
  const given = values.filter((v) => v !== undefined);
  if (given.length === 0) return 'it names no limit';
  if (!given.every((v) => Number.isFinite(v) && v >= 0)) {
    return 'a limit must be a number of 0 or more';
  }
  if (between(now, r.expires_at) <= 0) return 'it has expired before it came';
  if (r.starts_at !== undefined && r.starts_at >= r.expires_at) return 'it ends before it begins';
  return undefined;
}

/** What the safe static limits of this node need is left to the drivers. */
function atLeastStatic(limit: NodeLimit, site: Site): NodeLimit {
  const rows = staticPlan(site).filter((r) => r.node === limit.node && r.direction === 'import');
  const needed_A = mapPhases(
    [0, 0, 0],
    (_, i) => rows.find((r) => r.phase === PHASES[i])?.load ?? 0,
  );
  const needed_W = (needed_A[0] + needed_A[1] + needed_A[2]) * site.nominal_V;
  const { import_A, import_W } = limit;
  return {
    ...limit,
    ...(import_A === undefined
      ? {}
      : { import_A: mapPhases(import_A, (a, i) => amps(Math.max(a, needed_A[i]))) }),
    ...(import_W === undefined ? {} : { import_W: watts(Math.max(import_W, needed_W)) }),
  };
}
