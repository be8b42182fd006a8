/**
 * `npm run model`: explicit-state check of mode machine, claims and line rules against everything
 * the environment may do; and one deliberately broken copy per property, which it must catch.
 */
import { BROKEN } from '../test/model/brokenCopies';
import { explore } from '../test/model/explore';
import { PROPERTIES } from '../test/model/properties';
import { PRODUCT } from '../test/model/world';
import { type Campaign, type CampaignCase, type CampaignContext, runCampaign } from './campaign';

/** More reachable states than this means that a counter is not cut. */
const STATES_MAX = 400_000;

/** A broken copy shows its defect long before this. */
const BROKEN_MAX = 40_000;

function cases(context: CampaignContext): readonly CampaignCase[] {
  const product: CampaignCase = {
    id: 'product',
    params: { properties: PROPERTIES.length },
    run: () => {
      const found = explore(PRODUCT, context.quick ? 15_000 : STATES_MAX);
      for (const [id, text] of found.violations) context.progress(`${id}: ${text}`);
      const { states, transitions, violations } = found;
      const measured = { states, transitions, violations: violations.size };
      const bars = [{ name: 'violations', op: '==', value: 0 } as const];
      const cut = !found.complete && !context.quick;
      const failure = cut ? { failure: `more than ${STATES_MAX} states` } : {};
      return Promise.resolve({ measured, bars, ...failure });
    },
  };
  const broken = PROPERTIES.map((property): CampaignCase => ({
    id: `broken-${property.id}`,
    params: { property: property.says },
    run: () => {
      const rules = BROKEN[property.id];
      if (rules === undefined) return Promise.resolve({ measured: {}, failure: 'no broken copy' });
      const found = explore(rules, BROKEN_MAX, property.id);
      const caught = found.violations.has(property.id) ? 1 : 0;
      const { states, transitions } = found;
      return Promise.resolve({
        measured: { states, transitions, caught },
        bars: [{ name: 'caught', op: '==', value: 1 } as const],
        negativeControl: { disabled: property.says, outcome: caught === 1 ? 'fail' : 'pass' },
      });
    },
  }));
  return [product, ...broken];
}

const campaign: Campaign = {
  command: 'model',
  composition: 'virtual',
  emulated: ['everything: abstract environment'],
  cases,
};

void runCampaign(campaign, process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
