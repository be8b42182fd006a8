import type { OcppProtocol } from './config';
import type { Dialect } from './dialect';
import { dialect16 } from './dialect16';
import { dialect201 } from './dialect201';
import { dialect21 } from './dialect21';

const DIALECTS: Readonly<Record<OcppProtocol, Dialect>> = {
  'ocpp1.6': dialect16,
  'ocpp2.0.1': dialect201,
  'ocpp2.1': dialect21,
};

/** The words of a protocol version. Pure. */
export const dialectOf = (protocol: OcppProtocol): Dialect => DIALECTS[protocol];
