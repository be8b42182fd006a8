import type { SchemaCheck } from '../../ocpp';
// eslint-disable-next-line @typescript-eslint/no-require-imports
const validators: unknown = require('ocpp-rpc/lib/standard-validators');

interface Validator {
  readonly subprotocol: string;
  validate(method: string, params: unknown): unknown;
}

function isValidator(value: unknown): value is Validator {
  if (typeof value !== 'object' || value === null) return false;
  const name: unknown = Reflect.get(value, 'subprotocol');
  return typeof name === 'string' && typeof Reflect.get(value, 'validate') === 'function';
}

/**
 * The JSON schemas of OCPP as ocpp-rpc ships them. An action without a schema passes: the guard has
 * refused it before. Compiled on first use of each action.
 */
export function schemaCheck(): SchemaCheck {
  const byProtocol = new Map<string, Validator>();
  if (Array.isArray(validators)) {
    for (const validator of validators) {
      if (isValidator(validator)) byProtocol.set(validator.subprotocol, validator);
    }
  }
  if (byProtocol.size === 0) throw new TypeError('ocpp-rpc is not the pinned 2.2.1: no validators');
  return (protocol, action, kind, payload) => {
    const validator = byProtocol.get(protocol);
    try {
      validator?.validate(`urn:${action}.${kind}`, payload);
      return true;
    } catch (error) {
      return isUnknownSchema(error);
    }
  };
}

/** ocpp-rpc throws NotImplemented or a protocol error for an action it has no schema of. */
function isUnknownSchema(error: unknown): boolean {
  const code: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'rpcErrorCode') : undefined;
  return code === 'ProtocolError' || code === 'NotImplemented';
}
