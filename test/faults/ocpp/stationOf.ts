import type { StationConfig } from '../../../src/ocpp';
import { amps } from '../../../src/units';

/** The station that the OCPP faults use. */
export function stationOf(id: string): StationConfig {
  return {
    id,
    connectors: 1,
    phases: 3,
    floor_A: amps(8),
    max_A: amps(32),
    ttl_ms: 30_000,
    abilities: {
      leaseStorage: 'ram',
      honoursDuration: true,
      maxStackLevel: 8,
      minRenew_s: 0,
      zeroAllowed: true,
      unit: 'A',
    },
  };
}
