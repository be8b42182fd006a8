import { createValidator } from 'ocpp-rpc';
import type { OcppProtocol, SchemaCheck } from '../../ocpp';

interface Validator {
  validate(method: string, params: unknown): unknown;
}

type Schemas = Record<string, unknown>[];

const FILES: Readonly<Record<OcppProtocol, () => Promise<unknown>>> = {
  'ocpp1.6': () => import('ocpp-rpc/lib/schemas/ocpp1_6.json', { with: { type: 'json' } }),
  'ocpp2.0.1': () => import('ocpp-rpc/lib/schemas/ocpp2_0_1.json', { with: { type: 'json' } }),
  'ocpp2.1': () => import('ocpp-rpc/lib/schemas/ocpp2_1.json', { with: { type: 'json' } }),
};

/**
 * The JSON schemas of OCPP as ocpp-rpc ships them. Only the versions in use are read: all of them
 * together cost more memory than a hundred stations.
 */
async function schemasOf(protocol: OcppProtocol): Promise<Schemas> {
  const file: unknown = await FILES[protocol]();
  const list: unknown = isSchema(file) ? file['default'] : undefined;
  if (!Array.isArray(list)) throw new TypeError('ocpp-rpc is not the pinned 2.2.1: no schemas');
  return list.filter(isSchema);
}

const isSchema = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** A check by JSON schema; an action without a schema passes, the guard has judged it before. */
export async function schemaCheck(protocols: readonly OcppProtocol[]): Promise<SchemaCheck> {
  const validators = new Map<OcppProtocol, Validator>();
  for (const protocol of protocols) {
    validators.set(protocol, createValidator(protocol, await schemasOf(protocol)));
  }
  return (protocol, action, kind, payload) => {
    try {
      validators.get(protocol)?.validate(`urn:${action}.${kind}`, payload);
      return true;
    } catch (error) {
      return isUnknownSchema(error);
    }
  };
}

/** ocpp-rpc throws a ProtocolError for an action it has no schema of. */
function isUnknownSchema(error: unknown): boolean {
  const code: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'rpcErrorCode') : undefined;
  return code === 'ProtocolError';
}
