/**
 * lease — when a value that expires on a device is granted, renewed, lowered or left to end.
 *
 * Decides: the action for one device in one decision step, and the TTL that keeps the order of
 * lease
 * ends. Must never: renew from anything but a decision (no timer, no read), raise on an
 * unacknowledged write, or hand out a lease that outlives what it rests on.
 * Source: SAFETY.md "Leases", INV-9 (a).
 */
export { type BessLeaseWish, type BessLeaseAction, nextBessLease } from './bessLease';
export {
  nextStationLease,
  type StationLeaseRules,
  type StationLeaseView,
  TTL_MIN_ms,
} from './stationLease';
