import { busBudget, busFindings, type BusBudget } from './busBudget';
import type { DeviceCatalogue } from './catalogue';
import type { Finding } from './findings';
import { leaseFindings } from './leaseOrder';
import { marginFindings } from './margins';
import { declaredReaction, reactionFindings, type ReactionTime } from './reaction';
import { residualRisks } from './residualRisk';
import { type PlanRow, staticPlan, staticPlanFindings } from './staticPlan';
import type { Site } from './types';

export interface CheckReport {
  /** No finding of severity `error`, and no risk that two persons have not accepted. */
  readonly fits: boolean;
  readonly findings: readonly Finding[];
  readonly plan: readonly PlanRow[];
  readonly buses: readonly BusBudget[];
  readonly reactions: readonly ReactionTime[];
}

/** Proves the static plan, bus budget, reaction times, lease order and residual risks. Pure. */
export function checkSite(site: Site, catalogue: DeviceCatalogue): CheckReport {
  const findings = [
    ...staticPlanFindings(site),
    ...busFindings(site, catalogue),
    ...reactionFindings(site, catalogue),
    ...leaseFindings(site, catalogue),
    ...marginFindings(site, catalogue),
    ...residualRisks(site, catalogue),
  ];
  return {
    fits: findings.every((f) => f.severity !== 'error' && f.severity !== 'risk'),
    findings,
    plan: staticPlan(site),
    buses: busBudget(site, catalogue),
    reactions: site.nodes.map((n) => declaredReaction(site, n.id, catalogue)),
  };
}
