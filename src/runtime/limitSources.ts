/**
 * Limits composed by minimum, each with its source: contract, circuit, and requests that have not
 * expired. A request only tightens; what it would loosen is cut at the signed limit.
 */
import type { LimitRequest, LimitSource, Reason } from '../model';
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
): readonly LimitRequest[] => requests.filter((r) => !passed(r.expires_at, now));

/** The bound of one node and the source that set it. Pure. */
export function composeLimit(
  site: Site,
  node: CircuitNode,
  requests: readonly LimitRequest[],
  now: Instant,
): ComposedLimit {
  const own: LimitSource = node.id === GRID ? 'contract' : 'circuit';
  let import_A: ThreePhase<number> = [node.import_A, node.import_A, node.import_A];
  let import_W: number | undefined;
  let export_W = node.export_W;
  let reason: Reason = {
    source: own,
    at: node.id,
    text: `${own === 'contract' ? 'grid' : 'circuit'} limit ${node.import_A} A per phase`,
    limit_A: node.import_A,
  };
  for (const request of liveRequests(requests, now)) {
    const { limit } = request;
    if (limit.node !== node.id) continue;
    const asked = limit.import_A;
    const asked_W = limit.import_W;
    const per_A = asked_W === undefined ? undefined : asked_W / (3 * site.nominal_V);
    const tight = asked ?? (per_A === undefined ? undefined : ([per_A, per_A, per_A] as const));
    if (limit.export_W !== undefined) {
      export_W = Math.min(export_W ?? Infinity, limit.export_W);
    }
    if (tight === undefined) continue;
    const next = mapPhases(import_A, (a, i) => Math.min(a, Math.max(0, tight[i])));
    if (next.every((a, i) => a === import_A[i === 0 ? 0 : i === 1 ? 1 : 2])) continue;
    import_A = next;
    if (asked_W !== undefined) import_W = Math.min(import_W ?? Infinity, asked_W);
    reason = {
      source: limit.source,
      at: node.id,
      text: limit.text,
      limit_A: Math.min(...next),
      expires_at: request.expires_at,
    };
  }
  return {
    import_A,
    reason,
    ...(import_W === undefined ? {} : { import_W }),
    ...(export_W === undefined ? {} : { export_W }),
  };
}
