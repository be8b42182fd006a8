import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { upstreamConnector } from '../../../src/io/ocppRpc';
import type { UpstreamOptions } from '../../../src/io/ocppRpc';
import type { UpstreamLink } from '../../../src/ocpp';
import { login, openRig, realClock, SECRET } from './rig';

interface Cpms {
  readonly url: string;
  readonly requests: IncomingMessage[];
  readonly sockets: WebSocket[];
  readonly close: () => Promise<void>;
}

/** A CPMS by ws itself; `status` = it refuses. */
async function cpms(deflate: boolean, accepts: (header: string) => boolean): Promise<Cpms> {
  const requests: IncomingMessage[] = [];
  const sockets: WebSocket[] = [];
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    perMessageDeflate: deflate,
    verifyClient: ({ req }: { req: IncomingMessage }) => accepts(req.headers.authorization ?? ''),
  });
  server.on('connection', (socket, request) => {
    sockets.push(socket);
    requests.push(request);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.on('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    url: `ws://127.0.0.1:${port}/ocpp`,
    requests,
    sockets,
    close: () => {
      for (const socket of sockets) socket.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Dialled {
  readonly link: UpstreamLink;
  readonly received: string[];
  readonly end: Promise<'closed'>;
  readonly opened: Promise<'opened' | 'closed'>;
}

function dial(connect: ReturnType<typeof upstreamConnector>): Dialled {
  const received: string[] = [];
  let open: (value: 'opened' | 'closed') => void = () => undefined;
  let shut: (value: 'closed') => void = () => undefined;
  const opened = new Promise<'opened' | 'closed'>((resolve) => (open = resolve));
  const end = new Promise<'closed'>((resolve) => (shut = resolve));
  const link = connect('CP1', 'ocpp1.6', {
    opened: () => open('opened'),
    received: (text) => received.push(text),
    closed: () => {
      open('closed');
      shut('closed');
    },
  });
  return { link, received, end, opened };
}

describe('io/ocppRpc towards the CPMS', () => {
  let peer: Cpms;
  afterEach(() => peer.close());
  const yes = (): boolean => true;
  const connector = (more: Partial<UpstreamOptions> = {}): ReturnType<typeof upstreamConnector> =>
    upstreamConnector({ url: peer.url, clock: realClock, ...more });

  it('compression is off unless the site file asks for it', async () => {
    peer = await cpms(true, yes);
    const { opened, link } = dial(connector());
    assert.equal(await opened, 'opened');
    assert.equal(peer.sockets[0]?.extensions, '');
    assert.equal(peer.requests[0]?.headers['sec-websocket-extensions'], undefined);
    link.close();
  });

  it('when asked for it keeps no memory between messages', async () => {
    peer = await cpms(true, yes);
    const { opened, link, received } = dial(connector({ compress: true }));
    assert.equal(await opened, 'opened');
    const offer = peer.requests[0]?.headers['sec-websocket-extensions'] ?? '';
    assert.match(offer, /permessage-deflate/);
    assert.match(offer, /server_no_context_takeover/);
    assert.match(offer, /client_no_context_takeover/);
    const text = `[3,"1",{"x":"${'y'.repeat(10_000)}"}]`;
    peer.sockets[0]?.send(text);
    while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(received[0], text);
    link.close();
  });

  it('a message that inflates beyond the longest one closes the socket and nothing else', async () => {
    peer = await cpms(true, yes);
    const { opened, end, received } = dial(connector({ compress: true }));
    await opened;
    peer.sockets[0]?.send(Buffer.alloc(64 * 1024 * 1024, 0x20), { binary: false });
    assert.equal(await end, 'closed');
    assert.deepEqual(received, []);
  });

  it('stations are never offered compression', async () => {
    peer = await cpms(false, yes);
    const rig = await openRig();
    const { socket, outcome } = await login(rig, 'CP1', SECRET);
    assert.equal(outcome, 'open');
    assert.equal(socket.extensions, '');
    socket.terminate();
    await rig.close();
  });

  it('while a rotation is under way it tries the passwords in turn, and tells which one worked', async () => {
    const right = `Basic ${Buffer.from('CP1:older').toString('base64')}`;
    peer = await cpms(false, (header) => header === right);
    const worked: string[] = [];
    const connect = connector({
      passwordsOf: () => ['newer', 'older'],
      onWorked: (station, password) => worked.push(`${station} ${password}`),
    });
    assert.equal(await dial(connect).opened, 'closed');
    const second = dial(connect);
    assert.equal(await second.opened, 'opened');
    assert.deepEqual(worked, ['CP1 older']);
    second.link.close();
  });

  it('an error page instead of a handshake is not the end: it can be dialled again', async () => {
    peer = await cpms(false, yes);
    const mute = createServer((socket) => socket.end('HTTP/1.1 500 Oops\r\n\r\n'));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const connect = upstreamConnector({ url: `ws://127.0.0.1:${port}/ocpp`, clock: realClock });
    assert.equal(await dial(connect).opened, 'closed');
    assert.equal(await dial(connect).opened, 'closed', 'it can be dialled again');
    mute.close();
  });

  it('nothing that was said before it is open is sent later', async () => {
    peer = await cpms(false, yes);
    const heard: string[] = [];
    const { link, opened } = dial(connector());
    for (let i = 0; i < 1_000; i += 1) link.send(`[2,"${i}","Heartbeat",{}]`);
    await opened;
    peer.sockets[0]?.on('message', (data: Buffer) => heard.push(data.toString('utf8')));
    link.send('[2,"last","Heartbeat",{}]');
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(heard, ['[2,"last","Heartbeat",{}]']);
    link.close();
  });
});
