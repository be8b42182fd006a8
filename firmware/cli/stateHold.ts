/**
 * One gateway per state folder: two would write one journal, answer each other's sockets and feed
 * one line. Who holds a folder listens on a socket in it; the kernel ends that with the process, so
 * that a power cut leaves nothing which has to be cleared by hand.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';
import { socketsIn } from '../processes/config';

/** Bytes of a path that a unix socket takes (sockaddr_un, without its closing zero). */
const SOCKET_PATH_MAX = 107;
const holdSocket = (state: string): string => path.join(state, 'run.sock');

/** Makes the folder and holds it; the sentence that says why not. `release` at a clean end. */
export async function holdState(
  state: string,
): Promise<{ readonly release: () => void } | { readonly refused: string }> {
  const longest = Math.max(...Object.values(socketsIn(state)).map((s) => Buffer.byteLength(s)));
  if (longest > SOCKET_PATH_MAX) {
    const less = longest - SOCKET_PATH_MAX;
    return { refused: `--state ${state} is too long for its sockets by ${less}: choose a shorter` };
  }
  const no = (error: unknown): { readonly refused: string } => ({
    refused: `--state ${state} cannot be used: ${reason(error)}; choose a folder of this user`,
  });
  try {
    // Where its parent is there, never recursively: below /proc that would not come to an end.
    if (!existsSync(state))
      mkdirSync(state, { recursive: !existsSync(path.dirname(state)), mode: 0o700 });
  } catch (error) {
    return no(error);
  }
  const file = holdSocket(state);
  for (const used of [file, socketsIn(state).console]) {
    if (await answers(used))
      return {
        refused: `a gateway runs on ${state} already (${used} answers): end that first; its processes: pgrep -f ${state}`,
      };
  }
  try {
    rmSync(file, { force: true });
    const server = await listening(file);
    return { release: () => void server.close() };
  } catch (error) {
    return no(error);
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'it belongs to another user';
    case 'EROFS':
      return 'its disk is read-only';
    case 'ENOSPC':
      return 'its disk is full';
    case 'EEXIST':
    case 'ENOTDIR':
      return 'it is no folder';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

async function answers(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(file);
    const done = (there: boolean): void => {
      socket.destroy();
      resolve(there);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

async function listening(file: string): Promise<Server> {
  const server = createServer((socket) => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(file, resolve);
  });
  server.unref();
  return server;
}
