/** The console socket: live commands of `holdfast` ask here; one unix socket, 0600. */
import { type IpcPeer, type IpcServer, listenIpc } from '../../src/io/ipc';
import { signDetached, type SigningKey } from '../../src/io/keys';
import {
  DRILL_KINDS,
  type DrillKind,
  explainPlan,
  explainStation,
  type SiteRuntime,
} from '../../src/runtime';
import type { BusDoor } from './busDoor';
import { Fields } from './fields';
import { log } from './log';
import { MODE_WISHES, type ModeDoor } from './modeDoor';
import type { ServiceDoor } from './serviceDoor';

interface Signer {
  readonly key: SigningKey;
  readonly site: string;
}

/** Consoles at once: a technician's bus tool beside somebody's `why`. */
const CONSOLES_MAX = 8;
/** A bus tool asks for every unit id and says each second that it is alive. */
const MESSAGES_PER_SECOND = 200;

export interface ConsoleParts {
  readonly runtime: SiteRuntime;
  readonly signer: Signer;
  readonly mode: ModeDoor;
  readonly service: ServiceDoor;
  readonly bus: BusDoor;
}

/** Answers one question at a time, each to the console that asked; `close` ends it. */
export async function openConsole(path: string, parts: ConsoleParts): Promise<IpcServer> {
  return listenIpc({
    path,
    peersMax: CONSOLES_MAX,
    ratePerSecond: MESSAGES_PER_SECOND,
    onMessage: (message, peer) => {
      if (parts.bus.take(message, peer)) return;
      void safely(message, parts).then((body) => reply(peer, body));
    },
  });
}

const reply = (peer: IpcPeer, body: unknown): void => {
  peer.send({ kind: 'answer', body });
};

/** A question that the code behind it cannot bear is answered too, and told in the log. */
async function safely(
  message: { kind: string; body: unknown },
  parts: ConsoleParts,
): Promise<object> {
  try {
    return await answer(message, parts);
  } catch (error) {
    log('site', `bug: console question ${message.kind}: ${String(error)}`);
    return { ok: false, text: 'this question cannot be answered; the log of site says why' };
  }
}

function answer(
  message: { kind: string; body: unknown },
  parts: ConsoleParts,
): Promise<object> | object {
  const { runtime, signer } = parts;
  const person = personal(message, parts);
  if (person !== undefined) return person;
  const snapshot = runtime.snapshot();
  if (snapshot === undefined) return { ok: false, text: 'no cycle yet; try again in a second' };
  switch (message.kind) {
    case 'snapshot':
      return { ok: true, snapshot };
    case 'why':
      return why(typeof message.body === 'string' ? message.body : '', runtime);
    case 'drill':
      return startDrill(message.body, runtime);
    case 'drill-duties':
      return { ok: true, duties: runtime.drills.duties() };
    case 'drill-state':
      return drillReport(runtime, signer);
    case 'drill-abort':
      runtime.drills.abort();
      return drillReport(runtime, signer);
    default:
      return { ok: false, text: `unknown question ${message.kind}` };
  }
}

/** What a person may do at any time, even before the first cycle. */
function personal(
  message: { kind: string; body: unknown },
  { mode, service }: ConsoleParts,
): Promise<object> | object | undefined {
  const given = new Fields(message.body);
  const who = given.text('who');
  switch (message.kind) {
    case 'mode': {
      const wish = given.oneOf('wish', MODE_WISHES);
      if (wish === undefined) return { ok: false, text: `wishes: ${MODE_WISHES.join(', ')}` };
      return mode.ask(wish, who ?? 'the console');
    }
    case 'service-open': {
      const length_ms = given.number('length_ms', 1, 8 * 3_600_000);
      const reason = given.text('reason');
      return service.open({
        documentBase64: given.text('document', 8192) ?? '',
        signature: given.text('signature', 2048) ?? '',
        ...(who === undefined ? {} : { who }),
        ...(length_ms === undefined ? {} : { length_ms }),
        ...(reason === undefined ? {} : { reason }),
      });
    }
    case 'service-close':
      return service.close(who ?? 'the console');
    case 'service-state':
      return service.state();
    default:
      return undefined;
  }
}

function why(station: string, runtime: SiteRuntime): object {
  const snapshot = runtime.snapshot();
  if (snapshot !== undefined && station === 'plan') {
    const plan = explainPlan(snapshot);
    const text = 'nothing is planned: the site file has no battery or no `planning`';
    return plan === undefined ? { ok: false, text } : { ok: true, lines: plan };
  }
  const lines = snapshot === undefined ? undefined : explainStation(snapshot, station);
  if (lines !== undefined) return { ok: true, lines };
  const known = snapshot?.stations.map((s) => s.id).join(', ') ?? '';
  return { ok: false, text: `there is no station "${station}"; known: ${known}` };
}

function startDrill(body: unknown, runtime: SiteRuntime): object {
  const given = new Fields(body);
  const kind: DrillKind | undefined = given.oneOf('kind', DRILL_KINDS);
  const subject = given.text('subject');
  if (kind === undefined || subject === undefined) {
    return { ok: false, text: 'drills: silence STATION, line LINE, meter, uplink' };
  }
  const started = runtime.drills.start(kind, subject);
  return 'refused' in started ? { ok: false, text: started.refused } : { ok: true, drill: started };
}

/** The drill as it stands; a finished one is signed with the device key. */
function drillReport(runtime: SiteRuntime, signer: Signer): object {
  const drill = runtime.drills.state();
  if (drill === undefined) return { ok: false, text: 'no drill was started since the last start' };
  if (drill.phase === 'running') return { ok: true, drill };
  const text = JSON.stringify(drill);
  const signature = signDetached(Buffer.from(text), 'evidence', signer.site, signer.key);
  return { ok: true, drill, signed: { text, signature } };
}
