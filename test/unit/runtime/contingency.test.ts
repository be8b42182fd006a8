import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { loadSite } from '../../../firmware/loadSite';
import { deviceCatalogue, siteFacts } from '../../../src/runtime';
import { advanceTrip } from '../../../src/site';
import { ExcessWatch } from '../../../src/supervisor';
import { instant, later } from '../../../src/time';

const FOLDER = path.join(__dirname, '..', '..', '..', 'firmware', 'sites');

describe('what may be drawn beside support that can be lost', () => {
  it('is not noticed as an excess when it is lost and the stations follow in time', () => {
    for (const name of readdirSync(FOLDER).filter((f) => f.endsWith('.yaml'))) {
      const { site } = loadSite(path.join(FOLDER, name));
      assert(site !== undefined, name);
      const { contingency_A, reaction_ms } = siteFacts(site, deviceCatalogue);
      for (const { id, curve, import_A } of site.nodes) {
        const most_A = contingency_A.get(id) ?? 0;
        assert.ok(advanceTrip(curve, 0, most_A, reaction_ms / 1000) <= 0.5, `${name} ${id}`);
        const watch = new ExcessWatch(curve, import_A, reaction_ms);
        for (let s = 0; s <= reaction_ms / 1000; s += 1) {
          const why = watch.judge([most_A, most_A, most_A], later(instant(0), s * 1000));
          assert.equal(why, undefined, `${name} ${id}`);
        }
      }
    }
  });
});
