/** The console socket: live commands of `holdfast` ask here; one unix socket, 0600. */
import { listenIpc } from '../../src/io/ipc';
import { signDetached, type SigningKey } from '../../src/io/keys';
import { type DrillKind, explainStation, type SiteRuntime } from '../../src/runtime';

interface Signer {
  readonly key: SigningKey;
  readonly site: string;
}

/** Answers one question at a time. */
export async function openConsole(
  path: string,
  runtime: SiteRuntime,
  signer: Signer,
): Promise<void> {
  const server = await listenIpc({
    path,
    onMessage: (message) => server.send({ kind: 'answer', body: answer(message, runtime, signer) }),
  });
}

function answer(
  message: { kind: string; body: unknown },
  runtime: SiteRuntime,
  signer: Signer,
): unknown {
  const snapshot = runtime.snapshot();
  if (snapshot === undefined) return { ok: false, text: 'no cycle yet; try again in a second' };
  switch (message.kind) {
    case 'snapshot':
      return { ok: true, snapshot };
    case 'why':
      return why(String(message.body), runtime);
    case 'drill':
      return startDrill(message.body, runtime);
    case 'drill-state':
      return drillReport(runtime, signer);
    case 'drill-abort':
      runtime.drills.abort();
      return drillReport(runtime, signer);
    default:
      return { ok: false, text: `unknown question ${message.kind}` };
  }
}

function why(station: string, runtime: SiteRuntime): unknown {
  const snapshot = runtime.snapshot();
  const lines = snapshot === undefined ? undefined : explainStation(snapshot, station);
  if (lines !== undefined) return { ok: true, lines };
  const known = snapshot?.stations.map((s) => s.id).join(', ') ?? '';
  return { ok: false, text: `there is no station "${station}"; known: ${known}` };
}

function startDrill(body: unknown, runtime: SiteRuntime): unknown {
  const given = new Map<string, unknown>(
    typeof body === 'object' && body !== null ? Object.entries(body) : [],
  );
  const kind: DrillKind | undefined = (['silence', 'line'] as const).find(
    (k) => k === given.get('kind'),
  );
  const subject = given.get('subject');
  if (kind === undefined || typeof subject !== 'string') {
    return { ok: false, text: 'drills: silence STATION, line' };
  }
  const started = runtime.drills.start(kind, subject);
  return 'refused' in started ? { ok: false, text: started.refused } : { ok: true, drill: started };
}

/** The drill as it stands; a finished one is signed with the device key. */
function drillReport(runtime: SiteRuntime, signer: Signer): unknown {
  const drill = runtime.drills.state();
  if (drill === undefined) return { ok: false, text: 'no drill was started since the last start' };
  if (drill.phase === 'running') return { ok: true, drill };
  const text = JSON.stringify(drill);
  const signature = signDetached(Buffer.from(text), 'evidence', signer.site, signer.key);
  return { ok: true, drill, signed: { text, signature } };
}
