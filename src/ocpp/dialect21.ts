import type { StationConfig } from './config';
import type { Dialect, LeaseTerms, Request } from './dialect';
import { dialect201 } from './dialect201';
import { objectOf } from './fields';

/**
 * OCPP 2.1: the words of 2.0.1, and one dead-man more. `maxOfflineDuration` ends the lease when the
 * station has been offline that long; it comes beside `duration`, never in its place, because it
 * says nothing about a controller that is connected and hung. Pure.
 */
export const dialect21: Dialect = {
  ...dialect201,
  lease: (station, terms, nominal_V) => withOfflineEnd(station, terms, nominal_V),
};

function withOfflineEnd(station: StationConfig, terms: LeaseTerms, nominal_V: number): Request {
  const request = dialect201.lease(station, terms, nominal_V);
  const profile = objectOf(request.payload, 'chargingProfile');
  // With one level only, the profile is the floor as well and must outlast being offline.
  if (profile === undefined || station.abilities.maxStackLevel < 1) return request;
  const chargingProfile = { ...profile, maxOfflineDuration: terms.duration_s };
  return { action: request.action, payload: { ...request.payload, chargingProfile } };
}
