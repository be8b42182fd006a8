/**
 * Limits composed by minimum, each with its source: contract, circuit, and requests that have not
 * expired. A request only tightens; what it would loosen is cut at the signed limit.
 */
import type { LimitRequest, LimitSource, NodeLimit, Reason } from '../model';
import type { CircuitNode, Site } from '../site';
import { GRID } from '../site';
import { type Instant, passed } from '../time';
import { mapPhases, type ThreePhase } from '../units';

export interface ComposedLimit {
  readonly import_A: ThreePhase<number>;
  readonly import_W?: number;
  readonly export_W?: number;
  readonly reason: Reason;
}

/** Requests that still count at `now`. Pure. */
export const liveRequests = (
  requests: readonly LimitRequest[],
  now: Instant,
): readonly LimitRequest[] =>
  requests.filter(
    (r) => !passed(r.expires_at, now) && (r.starts_at === undefined || passed(r.starts_at, now)),
  );

/**
 * The bound of one node and the source that set it. `own`: limits of the site itself at this
 * instant (averaged contract, grid operator). A bound in W is one over all phases. Pure.
 */
export function composeLimit(
  site: Site,
  node: CircuitNode,
  requests: readonly LimitRequest[],
  now: Instant,
  own: readonly NodeLimit[] = [],
): ComposedLimit {
  const signed: LimitSource = node.id === GRID ? 'contract' : 'circuit';
  let composed: ComposedLimit = {
    import_A: [node.import_A, node.import_A, node.import_A],
    ...(node.export_W === undefined ? {} : { export_W: node.export_W }),
    reason: {
      source: signed,
      at: node.id,
      text: `${signed === 'contract' ? 'grid' : 'circuit'} limit ${node.import_A} A per phase`,
      limit_A: node.import_A,
    },
  };
  const asked = liveRequests(requests, now).map((r) => ({ ...r.limit, expires_at: r.expires_at }));
  for (const limit of [...own, ...asked]) {
    if (limit.node === node.id) composed = tightened(composed, limit, site);
  }
  return composed;
}

function tightened(before: ComposedLimit, limit: NodeLimit, site: Site): ComposedLimit {
  const { import_A: tight, import_W, export_W } = limit;
  const next = { ...before };
  const out: { -readonly [K in keyof ComposedLimit]: ComposedLimit[K] } = next;
  if (export_W !== undefined) out.export_W = Math.min(before.export_W ?? Infinity, export_W);
  if (tight !== undefined) {
    out.import_A = mapPhases(before.import_A, (a, i) => Math.min(a, Math.max(0, tight[i])));
  }
  if (import_W !== undefined) {
    out.import_W = Math.min(before.import_W ?? Infinity, Math.max(0, import_W));
  }
  const bound_A = (c: ComposedLimit): number =>
    Math.min(...c.import_A, (c.import_W ?? Infinity) / (3 * site.nominal_V));
  if (bound_A(out) >= bound_A(before)) return out;
  out.reason = {
    source: limit.source,
    at: limit.node,
    text: limit.text,
    limit_A: bound_A(out),
    ...(limit.expires_at === undefined ? {} : { expires_at: limit.expires_at }),
  };
  return out;
}
