/** The console socket: live commands of `holdfast` ask here; line-delimited JSON, 0600. */
import { listenIpc } from '../../src/io/ipc';
import { explainStation, type SiteRuntime } from '../../src/runtime';

/** Answers one question at a time. */
export async function openConsole(path: string, runtime: SiteRuntime): Promise<void> {
  const server = await listenIpc({
    path,
    onMessage: (message) => server.send({ kind: 'answer', body: answer(message, runtime) }),
  });
}

function answer(message: { kind: string; body: unknown }, runtime: SiteRuntime): unknown {
  const snapshot = runtime.snapshot();
  if (snapshot === undefined) return { ok: false, text: 'no cycle yet; try again in a second' };
  if (message.kind === 'snapshot') return { ok: true, snapshot };
  if (message.kind !== 'why' || typeof message.body !== 'string') {
    return { ok: false, text: `unknown question ${message.kind}` };
  }
  const lines = explainStation(snapshot, message.body);
  if (lines !== undefined) return { ok: true, lines };
  const known = snapshot.stations.map((s) => s.id).join(', ');
  return { ok: false, text: `there is no station "${message.body}"; known: ${known}` };
}
