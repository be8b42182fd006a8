/** JSON Schema 2020-12 validation with the ajv that ocpp-rpc brings along; for tests only. */
import { createRequire } from 'node:module';

interface Validator {
  (value: unknown): boolean;
  readonly errors?: readonly { readonly instancePath: string; readonly message?: string }[] | null;
}
interface Ajv {
  compile(schema: unknown): Validator;
}
interface AjvModule {
  readonly default: new (options: {
    readonly strict: boolean;
    readonly allowUnionTypes: boolean;
  }) => Ajv;
}

/** Undefined when the value is valid, else where and why not. */
export function schemaChecker(schema: unknown): (value: unknown) => string | undefined {
  const load = createRequire(require.resolve('ocpp-rpc'));
  const { default: Ajv2020 } = load('ajv/dist/2020') as AjvModule;
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
  return (value) => {
    if (validate(value)) return undefined;
    return (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message ?? ''}`).join('; ');
  };
}
