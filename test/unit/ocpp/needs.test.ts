import { strict as assert } from 'node:assert';
import { dialect201 } from '../../../src/ocpp/dialect201';
import { type Observation, StationObservation } from '../../../src/ocpp/observation';
import { instant, later } from '../../../src/time';

const NOW = instant(1_000_000);
const WALL_ms = Date.parse('2027-05-01T08:00:00Z');

const needs = (chargingNeeds: Record<string, unknown>): readonly Observation[] =>
  dialect201.observe({
    type: 'call',
    id: '1',
    action: 'NotifyEVChargingNeeds',
    payload: JSON.parse(JSON.stringify({ evseId: 1, chargingNeeds })) as never,
  });
const TOLD = needs({
  requestedEnergyTransfer: 'AC_three_phase',
  departureTime: '2027-05-01T10:00:00Z',
  acChargingParameters: { energyAmount: 20_000, evMinCurrent: 6, evMaxCurrent: 32 },
});

describe('what a vehicle tells of its departure (2.0.1, K15)', () => {
  const told = (): StationObservation => {
    const station = new StationObservation();
    const take = (seen: Observation): void => station.take(seen, NOW, WALL_ms, 1);
    take({ kind: 'meter', connector: 1, sample: { energy_Wh: 500_000, power_W: 0 } });
    for (const seen of TOLD) take(seen);
    return station;
  };

  it('is the time until it leaves and what it still needs, less what its meter has counted', () => {
    const station = told();
    assert.equal(station.picture().departs_at, later(NOW, 2 * 3_600_000));
    assert.equal(station.picture().energyNeed_Wh, 20_000);
    const sample = { energy_Wh: 508_000, power_W: 11_000 };
    station.take({ kind: 'meter', connector: 1, sample }, NOW, WALL_ms, 1);
    assert.equal(station.picture().energyNeed_Wh, 12_000);
  });

  it('ends with its session', () => {
    const station = told();
    station.take({ kind: 'status', connector: 1, status: 'Available' }, NOW, WALL_ms, 1);
    assert.equal(station.picture().departs_at, undefined);
  });

  it('is nothing when half of it is missing or no battery could want it', () => {
    const ac = { energyAmount: 20_000 };
    assert.deepEqual(needs({ acChargingParameters: ac }), []);
    assert.deepEqual(needs({ departureTime: '2027-05-01T10:00:00Z' }), []);
    const wild = { departureTime: 'tomorrow', acChargingParameters: ac };
    assert.deepEqual(needs(wild), []);
    const lorry = {
      departureTime: '2027-05-01T10:00:00Z',
      dcChargingParameters: { energyAmount: 1e9 },
    };
    assert.deepEqual(needs(lorry), []);
  });
});
