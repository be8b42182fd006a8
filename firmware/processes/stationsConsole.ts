/** Questions of the console to the process `stations`: abilities and self-tests of stations. */
import { type IpcServer, listenIpc } from '../../src/io/ipc';
import type { StationFleet } from '../../src/ocpp';
import type { Clock } from '../../src/time';

/** Opens the socket of this caller pair (0600); one question, one answer. */
export async function openStationsConsole(
  path: string,
  fleet: StationFleet,
  clock: Clock,
): Promise<IpcServer> {
  return listenIpc({
    path,
    onMessage: (message, peer) => {
      peer.send({ kind: 'answer', body: answerOf(message, fleet, clock) });
    },
  });
}

/** The answer to one question. Effects: starts or aborts a self-test. */
export function answerOf(
  message: { readonly kind: string; readonly body: unknown },
  fleet: StationFleet,
  clock: Clock,
): unknown {
  switch (message.kind) {
    case 'abilities':
      return { ok: true, stations: fleet.abilities() };
    case 'self-test':
      return start(message.body, fleet, clock);
    case 'self-test-state':
      return state(fleet);
    case 'self-test-abort':
      fleet.abortSelfTest('ended by a person', clock.now());
      return state(fleet);
    default:
      return { ok: false, text: `unknown question ${message.kind}` };
  }
}

function start(body: unknown, fleet: StationFleet, clock: Clock): unknown {
  const given = new Map<string, unknown>(
    typeof body === 'object' && body !== null ? Object.entries(body) : [],
  );
  const station = given.get('station');
  if (typeof station !== 'string') return { ok: false, text: 'which station?' };
  const reset = given.get('reset') === true;
  const refused = fleet.startSelfTest(station, { reset }, clock.now());
  return refused === undefined ? state(fleet) : { ok: false, text: refused };
}

function state(fleet: StationFleet): unknown {
  const test = fleet.selfTest();
  return test === undefined
    ? { ok: false, text: 'no self-test was started since the last start' }
    : { ok: true, test };
}
