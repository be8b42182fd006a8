import { createValidator } from 'ocpp-rpc';
import type { OcppProtocol, SchemaCheck } from '../../ocpp';

interface Validator {
  validate(method: string, params: unknown): unknown;
}

type Schemas = Record<string, unknown>[];

/**
 * The JSON schemas of OCPP as ocpp-rpc ships them, each version read when it is first needed: the
 * three of them together cost more memory than a hundred stations.
 */
const READ: Readonly<Record<OcppProtocol, () => Schemas>> = {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  'ocpp1.6': () => listOf(require('ocpp-rpc/lib/schemas/ocpp1_6.json')),
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  'ocpp2.0.1': () => listOf(require('ocpp-rpc/lib/schemas/ocpp2_0_1.json')),
};

const isSchema = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function listOf(schemas: unknown): Schemas {
  if (!Array.isArray(schemas)) throw new TypeError('ocpp-rpc is not the pinned 2.2.1: no schemas');
  return schemas.filter(isSchema);
}

/** A check by JSON schema; an action without a schema passes, the guard has judged it before. */
export function schemaCheck(): SchemaCheck {
  const validators = new Map<OcppProtocol, Validator>();
  const validatorOf = (protocol: OcppProtocol): Validator => {
    const known = validators.get(protocol);
    if (known !== undefined) return known;
    const made: Validator = createValidator(protocol, READ[protocol]());
    validators.set(protocol, made);
    return made;
  };
  return (protocol, action, kind, payload) => {
    try {
      validatorOf(protocol).validate(`urn:${action}.${kind}`, payload);
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
