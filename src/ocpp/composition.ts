import type { Instant } from '../time';
import { callWithinCap, clearMoved, isCapped, mayClearCaps } from './cappedProfile';
import type { Request } from './dialect';
import { numberOf, objectOf } from './fields';
import type { CallFrame, ErrorFrame, JsonObject, ResultFrame } from './frame';
import { intentOf, isReserved } from './intents';
import type { Intents } from './intents';
import type { RelayServices, RelayShared } from './relayServices';
import { rotate } from './rotation';

type Done = (reply: ResultFrame | ErrorFrame) => void;

/**
 * What becomes of a CALL of the CPMS that the guard let pass. Rewrite rules (all others go through
 * byte for byte):
 * - a station maximum of the CPMS is kept as intent and never sent: the highest stack level of that
 *   purpose would win over lease and floor (1.6, 3.13.2); the site takes it as a request instead;
 * - a clear without purpose becomes clears of the other purposes, so that it spares the floor;
 * - a clear by id with more criteria becomes one by id alone: stations that match any of them, and
 *   not all, would take the floor by its level;
 * - on a station whose connectors are capped, profiles of transactions are lowered to the cap;
 * - a transaction id that the station knows under a provisional number is mapped.
 * (Of its answers one is changed: a time that is not ours, see `withOurTime`.)
 */
export function composeCpmsCall(
  shared: RelayShared,
  services: RelayServices,
  intents: Intents,
  call: CallFrame,
  now: Instant,
  done: Done,
): void {
  if (rotate(shared, services, call, now, done)) return;
  switch (call.action) {
    case 'SetChargingProfile':
      setProfile(shared, services, intents, call, now, done);
      return;
    case 'SendLocalList':
    case 'ClearCache':
      remembered(shared, services, call, now, done);
      return;
    case 'ClearChargingProfile':
      clearProfile(services, intents, call, now, done);
      return;
    default:
      pass(services, fitted(shared, services, mapped(shared, services, call), now), now, done);
  }
}

function result(call: CallFrame, payload: JsonObject): ResultFrame {
  return { type: 'result', id: call.id, payload };
}

/** Sends a call to the station and its answer, as it is, to the CPMS. */
function pass(services: RelayServices, call: CallFrame, now: Instant, done: Done): void {
  services.ask(call, now, (reply) => done(reply ?? noAnswer(call)));
}

/** Lists of tags go to the station as they are; what it took counts here too, when detached. */
function remembered(
  shared: RelayShared,
  services: RelayServices,
  call: CallFrame,
  now: Instant,
  done: Done,
): void {
  services.ask(call, now, (reply, at) => {
    const taken = reply?.type === 'result' && reply.payload['status'] === 'Accepted';
    if (taken && call.action === 'ClearCache') shared.authorisations.clear();
    else if (taken) shared.authorisations.learnList(call.payload, shared.wall_ms(at));
    done(reply ?? noAnswer(call));
  });
}

function noAnswer(call: CallFrame): ErrorFrame {
  const description = 'station did not answer';
  return { type: 'error', id: call.id, code: 'GenericError', description };
}

function setProfile(
  shared: RelayShared,
  services: RelayServices,
  intents: Intents,
  call: CallFrame,
  now: Instant,
  done: Done,
): void {
  const is201 = services.protocol() !== 'ocpp1.6';
  const profile = objectOf(call.payload, is201 ? 'chargingProfile' : 'csChargingProfiles');
  const connector = numberOf(call.payload, is201 ? 'evseId' : 'connectorId') ?? 0;
  const wall = shared.wall_ms(now);
  const intent =
    profile && intentOf(services.station(), connector, profile, wall, shared.nominal_V);
  if (intent === undefined || isReserved(intent.id)) {
    done(result(call, { status: 'Rejected' }));
    return;
  }
  if (intent.purpose === 'station-max') {
    intents.put(intent);
    services.event('cpms-limit', `CPMS limits the station (profile ${intent.id})`, now);
    done(result(call, { status: 'Accepted' }));
    return;
  }
  services.ask(fitted(shared, services, mapped(shared, services, call), now), now, (reply) => {
    if (reply?.type === 'result' && reply.payload['status'] === 'Accepted') intents.put(intent);
    done(reply ?? noAnswer(call));
  });
}

function clearProfile(
  services: RelayServices,
  intents: Intents,
  call: CallFrame,
  now: Instant,
  done: Done,
): void {
  const plan = intents.clear(call.payload, services.protocol() !== 'ocpp1.6');
  const touchesCaps = isCapped(services.station()) && mayClearCaps(call.payload);
  const end: Done = (reply) => {
    if (touchesCaps) services.recap(now);
    done(reply);
  };
  const answer = (cleared: boolean): void =>
    end(result(call, { status: cleared ? 'Accepted' : 'Unknown' }));
  const moved = touchesCaps ? clearMoved(call.payload) : byIdAlone(call.payload);
  if (plan.kind === 'answer') answer(plan.cleared);
  else if (plan.kind === 'expand') {
    const requests = plan.requests.map((request) =>
      touchesCaps ? { ...request, payload: clearMoved(request.payload) } : request,
    );
    expand(services, requests, plan.cleared, now, answer);
  } else if (moved === call.payload) pass(services, call, now, end);
  else pass(services, { type: 'call', id: call.id, action: call.action, payload: moved }, now, end);
}

/** The same object where there is no id, or nothing beside it. */
function byIdAlone(payload: JsonObject): JsonObject {
  const { connectorId, chargingProfilePurpose, stackLevel, chargingProfileCriteria, ...rest } =
    payload;
  if (rest['id'] === undefined && rest['chargingProfileId'] === undefined) return payload;
  const others = [connectorId, chargingProfilePurpose, stackLevel, chargingProfileCriteria];
  return others.every((value) => value === undefined) ? payload : rest;
}

/** A call whose profile lies within the caps of the connectors; said so where it had to change. */
function fitted(
  shared: RelayShared,
  services: RelayServices,
  call: CallFrame,
  now: Instant,
): CallFrame {
  const within = callWithinCap(services.station(), call, shared.nominal_V);
  if (within !== call) {
    const text = `${call.action} of the CPMS fitted to the limit of one connector`;
    services.event('cpms-profile-rewritten', text, now);
  }
  return within;
}

function expand(
  services: RelayServices,
  requests: readonly Request[],
  cleared: boolean,
  now: Instant,
  done: (cleared: boolean) => void,
): void {
  const [request, ...rest] = requests;
  if (request === undefined) {
    done(cleared);
    return;
  }
  const call: CallFrame = { type: 'call', id: services.newId(), ...request };
  services.ask(call, now, (reply, at) => {
    const went = reply?.type === 'result' && reply.payload['status'] === 'Accepted';
    expand(services, rest, cleared || went, at, done);
  });
}

/** Puts the station's own number of a transaction into a call of the CPMS. */
function mapped(shared: RelayShared, services: RelayServices, call: CallFrame): CallFrame {
  const { id: station } = services.station();
  const own = (real: unknown): number | undefined =>
    typeof real === 'number' ? shared.backlog.provisionalOf(station, real) : undefined;
  const top = own(call.payload['transactionId']);
  if (top !== undefined) {
    const payload = { ...call.payload, transactionId: top };
    return { type: 'call', id: call.id, action: call.action, payload };
  }
  const profile = objectOf(call.payload, 'csChargingProfiles');
  const inner = profile && own(profile['transactionId']);
  if (profile === undefined || inner === undefined) return call;
  const csChargingProfiles = { ...profile, transactionId: inner };
  const payload = { ...call.payload, csChargingProfiles };
  return { type: 'call', id: call.id, action: call.action, payload };
}
