import type { Instant } from '../time';
import { objectOf, objectsOf, textOf } from './fields';
import type { CallFrame, ErrorFrame, JsonObject, ResultFrame } from './frame';
import type { RelayServices, RelayShared } from './relayServices';

/** Passwords of stations: at least 16 characters, at most 40 (OCPP 2.0.1, A00.FR.205). */
const MIN_LENGTH = 16;
const MAX_LENGTH = 40;

/** The new station password that a CALL of the CPMS carries; undefined when it carries none. Pure. */
export function newPasswordOf(call: CallFrame): string | undefined {
  const { action, payload } = call;
  if (action === 'ChangeConfiguration') {
    const key = textOf(payload, 'key', 50)?.toLowerCase();
    return key === 'authorizationkey' ? textOf(payload, 'value', 500) : undefined;
  }
  if (action !== 'SetVariables') return undefined;
  const [entry, ...more] = objectsOf(payload, 'setVariableData');
  if (entry === undefined || more.length > 0) return undefined;
  const component = textOf(objectOf(entry, 'component') ?? {}, 'name', 50)?.toLowerCase();
  const variable = textOf(objectOf(entry, 'variable') ?? {}, 'name', 50)?.toLowerCase();
  return component === 'securityctrlr' && variable === 'basicauthpassword'
    ? textOf(entry, 'attributeValue', 500)
    : undefined;
}

type Done = (reply: ResultFrame | ErrorFrame) => void;

/**
 * A password rotation by the CPMS, where the site file lets it. `gateway`: it is the gateway's own
 * password at the CPMS that changes, the station never hears of it. `follow`: the station is asked;
 * the new hash is on disk before that, so that a station that took it can always log in.
 * False when the call is none.
 */
export function rotate(
  shared: RelayShared,
  services: RelayServices,
  call: CallFrame,
  now: Instant,
  done: Done,
): boolean {
  const { rotation } = shared.config;
  const secret = newPasswordOf(call);
  if (rotation === undefined || secret === undefined) return false;
  const { id: station } = services.station();
  const refuse = (why: string): void => {
    services.event('denied', `password rotation by the CPMS: ${why}`, now);
    done(answered(call, 'Rejected'));
  };
  if (secret.length < MIN_LENGTH || secret.length > MAX_LENGTH) {
    refuse('a password has 16 to 40 characters');
  } else if (rotation.mode === 'gateway') {
    if (!rotation.port.own(station, secret)) refuse('it cannot be stored');
    else {
      services.event('password-changed', 'CPMS changed the password of the gateway', now);
      done(answered(call, 'Accepted'));
    }
  } else {
    rotation.port.offer(station, secret, (stored) => {
      if (!stored) refuse('it cannot be stored');
      else follow(shared, services, call, secret, now, done);
    });
  }
  return true;
}

function follow(
  shared: RelayShared,
  services: RelayServices,
  call: CallFrame,
  secret: string,
  now: Instant,
  done: Done,
): void {
  const { rotation } = shared.config;
  const { id: station } = services.station();
  services.ask(call, now, (reply, at) => {
    const status = reply?.type === 'result' ? statusOf(reply.payload) : undefined;
    if (status === 'Accepted' || status === 'RebootRequired') {
      rotation?.port.taken(station, secret);
      services.event('password-changed', 'CPMS changed the password of the station', at);
    } else if (reply !== undefined) rotation?.port.refused(station, secret);
    // No answer: it may have taken it. Both passwords stay good until one is used.
    done(reply ?? noAnswer(call));
  });
}

function noAnswer(call: CallFrame): ErrorFrame {
  const description = 'station did not answer';
  return { type: 'error', id: call.id, code: 'GenericError', description };
}

function statusOf(payload: JsonObject): string | undefined {
  const [first] = objectsOf(payload, 'setVariableResult');
  return textOf(payload, 'status', 30) ?? (first && textOf(first, 'attributeStatus', 30));
}

/** The action's own answer. */
function answered(call: CallFrame, status: 'Accepted' | 'Rejected'): ResultFrame {
  const [entry] = objectsOf(call.payload, 'setVariableData');
  const payload =
    entry === undefined
      ? { status }
      : {
          setVariableResult: [
            {
              attributeStatus: status,
              component: entry['component'],
              variable: entry['variable'],
            },
          ],
        };
  return { type: 'result', id: call.id, payload };
}
