import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** Only this may ever be an identity: no percent signs, dots at most as characters, no controls. */
const PATH = /^\/ocpp\/([A-Za-z0-9._:-]{1,48})$/;
const MAX_PATH = 128;

/** The identity of the raw request path, before anything decodes it. Pure. */
export function identityOf(path: string | undefined): string | undefined {
  if (path === undefined || path.length > MAX_PATH) return undefined;
  const identity = PATH.exec(path)?.[1];
  return identity === '.' || identity === '..' ? undefined : identity;
}

/** The first of our protocols that the client offers too (RFC 6455, 4.2.2). Pure. */
export function protocolOf(request: IncomingMessage, ours: readonly string[]): string | undefined {
  const header = request.headers['sec-websocket-protocol'];
  if (header === undefined || header.length > 1024) return undefined;
  const offered = header.split(',').map((name) => name.trim());
  return ours.find((name) => offered.includes(name));
}

/**
 * The password of a Basic header whose user is `identity`, as bytes: OCPP passwords may be binary
 * and the identity may contain colons (security whitepaper, profile 1). Pure.
 */
export function passwordOf(header: string | undefined, identity: string): Buffer | undefined {
  if (header === undefined || header.length > 512) return undefined;
  const encoded = /^ *[Bb]asic +([A-Za-z0-9+/_-]+=*) *$/.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  const user = Buffer.from(`${identity}:`);
  return bytes.subarray(0, user.length).equals(user) ? bytes.subarray(user.length) : undefined;
}

const TEXT: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

/** Ends an upgrade with a status line and nothing else: a stranger learns no reason. */
export function refuse(socket: Duplex, status: keyof typeof TEXT): void {
  if (socket.writable) {
    const basic = status === 401 ? 'WWW-Authenticate: Basic realm="ocpp"\r\n' : '';
    socket.end(
      `HTTP/1.1 ${status} ${TEXT[status] ?? ''}\r\n${basic}Connection: close\r\nContent-Length: 0\r\n\r\n`,
    );
  }
  // A peer that keeps its half open would hold the descriptor.
  socket.once('finish', () => socket.destroy());
  if (!socket.writable) socket.destroy();
}
