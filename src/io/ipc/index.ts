/**
 * io/ipc — messages between the processes of one gateway: unix stream sockets, length-prefixed
 * JSON.
 *
 * Decides: framing, size and rate limits, latest-wins under back-pressure, reconnection. Must
 * never:
 * wait for a peer, queue without bound, or hand on a frame that is too long or no JSON.
 * Caller identity is the socket itself: one listening path per caller pair.
 */
export { connectIpc, type IpcClient, type IpcClientOptions } from './client';
export { type IpcMessage } from './frames';
export { listenIpc, type IpcPeer, type IpcServer, type IpcServerOptions } from './server';
