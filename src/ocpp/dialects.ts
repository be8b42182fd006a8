import type { OcppProtocol } from './config';
import type { Dialect } from './dialect';
import { dialect16 } from './dialect16';
import { dialect201 } from './dialect201';

/** The words of a protocol version. Pure. */
export const dialectOf = (protocol: OcppProtocol): Dialect =>
  protocol === 'ocpp1.6' ? dialect16 : dialect201;
