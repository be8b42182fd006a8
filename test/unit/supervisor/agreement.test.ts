import { strict as assert } from 'node:assert';
import type { Site } from '../../../src/site';
import { later } from '../../../src/time';
import { arrival, fed, gridFrame, record, SITE, told } from './rig';

const BASE_W = 5000;
const site: Site = { ...SITE, connection: { ...SITE.connection, base_load_min_W: BASE_W } };
const sources_W =
  site.bess.reduce((s, b) => s + b.discharge_W, 0) + site.pv.reduce((s, p) => s + p.rated_W, 0);
/** 60 A and a little on three phases, and a tenth of the connection's power. */
const mostStations_W = 60 * 230 * 3 + sources_W + 0.1 * site.connection.apparent_VA - BASE_W;

/** Whether half a minute of these station meters, so old on arrival, is fed to its end. */
function bears(sum_W: number, age_ms = 0): boolean {
  const s = fed({ site });
  let edge = false;
  for (let n = 4; n <= 34; n += 1) {
    s.stationMeters({ at: later(arrival(n), -age_ms), sum_W });
    const at = later(arrival(n), -400);
    const gridFrame_ = { device: 'meter', at, frame: gridFrame(60) };
    edge = s.record(record(n, { mode: 'normal', gridFrame: gridFrame_ }), arrival(n)).edge;
  }
  return edge;
}

describe('supervisor: station meters beside the grid meter', () => {
  it('with the least base load they may be all that grid and sources give, and the slack', () => {
    assert.deepEqual(
      [mostStations_W - 1, mostStations_W + 1].map((W) => bears(W)),
      [true, false],
    );
  });

  it('count while they are 10 s old at most, and not from the future', () => {
    const ages = [10_000, 10_001, -5, -6].map((ms) => bears(mostStations_W + 1000, ms));
    assert.deepEqual(ages, [false, true, false, true]);
  });
});

describe('supervisor: each station at its own static limit', () => {
  it('what one may draw in static is no measure for another', () => {
    const [one, two] = SITE.stations;
    assert(one !== undefined && two !== undefined);
    const uneven: Site = { ...SITE, stations: [{ ...one, static_A: 16 }, two] };
    const fedAt = (id: string, commanded: number): boolean =>
      fed({ site: uneven }).record(record(4, { entries: told(id, { commanded }) }), arrival(4))
        .edge;
    assert.deepEqual([fedAt(one.id, 16), fedAt(one.id, 16.1)], [true, false]);
    assert.deepEqual([fedAt(two.id, 8), fedAt(two.id, 16)], [true, false]);
  });
});
