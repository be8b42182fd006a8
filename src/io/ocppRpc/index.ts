/**
 * io/ocppRpc — WebSocket server for charging stations on ocpp-rpc, behind an upgrade gate of our
 * own.
 *
 * Decides: which socket is which station (path, sub-protocol, secret, duplicates), and bounds on
 * size, rate and time. Must never: let the library see a path or a message first, let a stranger
 * displace a station, tell a peer why it was refused.
 */
export { listenOcpp } from './server';
export { hashSecret } from './secret';
export { CertificateClock } from './certificateClock';
export { DenyList, readDenyList } from './denyList';
export type { DenyListContent, DenyListReading } from './denyList';
export type {
  GateEvent,
  GateEventCode,
  OcppServer,
  OcppServerOptions,
  ServerTls,
  StationCredential,
} from './types';
export { upstreamConnector } from './upstream';
export type { UpstreamOptions } from './upstream';
export { schemaCheck } from './schemaCheck';
