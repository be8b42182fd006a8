import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type Campaign,
  type CampaignCase,
  judge,
  parseOptions,
  runCampaign,
} from '../../../scripts/campaign';
import { schemaChecker } from '../site/jsonSchema';
import { captured } from './capture';

const FILE = path.join(__dirname, '..', '..', 'campaign.schema.json');
const passes: CampaignCase = {
  id: 'passes',
  params: { stations: 8, kind: 'ac', quick: true },
  run: () =>
    Promise.resolve({
      measured: { took_ms: 5 },
      bars: [{ name: 'took_ms', op: '<=', value: 10 }],
      negativeControl: { disabled: 'the guard', outcome: 'fail' },
    }),
};
const fails: CampaignCase = {
  id: 'fails',
  params: {},
  run: () =>
    Promise.resolve({ measured: { took_ms: 50 }, bars: [{ name: 'took_ms', op: '<', value: 10 }] }),
};
const throws: CampaignCase = {
  id: 'throws',
  params: {},
  run: () => Promise.reject(new Error('broken on purpose')),
};
const skipped: CampaignCase = {
  id: 'skipped',
  params: {},
  run: () => Promise.resolve({ skipped: 'no hardware' }),
};
const campaign = (...cases: readonly CampaignCase[]): Campaign => ({
  command: 'bench tiny',
  composition: 'virtual',
  emulated: ['everything'],
  cases: () => cases,
});

describe('campaign output', () => {
  const check = schemaChecker(JSON.parse(readFileSync(FILE, 'utf8')));

  it('is one JSON object as the last line, valid against its schema, exit 0 when nothing failed', async () => {
    const { code, out } = await captured(() => runCampaign(campaign(passes, skipped), ['--json']));
    assert.equal(code, 0);
    const lines = out.trimEnd().split('\n');
    assert.equal(lines.length, 1);
    const report = JSON.parse(lines[0] ?? '') as { totals: unknown; skipped: unknown };
    assert.equal(check(report), undefined);
    assert.deepEqual(report.totals, { pass: 1, fail: 0, notRun: 1 });
    assert.deepEqual(report.skipped, [{ id: 'skipped', why: 'no hardware' }]);
  });

  it('exits 1 when a bar is missed or a case throws, and says which and why', async () => {
    const { code, out } = await captured(() => runCampaign(campaign(passes, fails, throws), []));
    assert.equal(code, 1);
    const report = JSON.parse(out) as { cases: { why: string }[] };
    assert.equal(check(report), undefined);
    assert.deepEqual(
      report.cases.map((c) => c.why),
      ['', 'took_ms 50, not < 10', 'broken on purpose'],
    );
  });

  it('exits 2 for wrong usage and prints no report', async () => {
    for (const argv of [['--seed', 'x'], ['--case', 'nobody'], ['--bogus']]) {
      const { code, out } = await captured(() => runCampaign(campaign(passes), argv));
      assert.deepEqual([code, out], [2, '']);
    }
  });

  it('fails a bar whose number was not measured', () => {
    assert.deepEqual(judge({}, [{ name: 'x', op: '<=', value: 1 }])[0]?.ok, false);
    assert.deepEqual(judge({ x: NaN }, [{ name: 'x', op: '<=', value: 1 }])[0]?.ok, false);
    assert.equal(parseOptions('x', ['--seed', '7', '--quick']).seed, 7);
  });

  it('refuses a report without one of its keys', async () => {
    const { out } = await captured(() => runCampaign(campaign(passes), []));
    const good = JSON.parse(out) as Record<string, unknown>;
    for (const key of Object.keys(good)) {
      const rest = Object.fromEntries(Object.entries(good).filter(([k]) => k !== key));
      assert.notEqual(check(rest), undefined, key);
    }
  });
});
