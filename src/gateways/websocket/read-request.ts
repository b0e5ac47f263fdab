import { Compile } from 'typebox/compile';
import { repeatedName } from '#codec/json/repeated-name.ts';
import { invalidField, Problem } from '../rest/problems.ts';
import { problemOfValidation } from '../rest/validation.ts';
import { isRequestId, OPERATIONS, type OperationName, REQUEST_ID_FORM } from './protocol.ts';

/** A request whose operation and parameters are as the schemas have them. */
export interface ReadRequest {
  readonly id: string | number;
  readonly op: OperationName;
  /** Of the operation's schema. */
  readonly params: object;
}

/** A request that cannot be read, and its id as far as it has one. */
export class RequestFault {
  declare readonly id: string | number | undefined;
  declare readonly problem: Problem;

  constructor(id: string | number | undefined, problem: Problem) {
    this.id = id;
    this.problem = problem;
  }
}

const FIELDS: ReadonlySet<string> = new Set(['id', 'op', 'params']);
const VALIDATORS = new Map(
  Object.entries(OPERATIONS).map(([op, { params }]) => [op, { schema: params, validator: Compile(params) }]),
);

/** Reads one message of a client. */
export function readRequest(text: string): ReadRequest | RequestFault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fault(
      undefined,
      new Problem('malformed-json', `the message is no JSON: ${(error as Error).message}`),
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fault(undefined, new Problem('invalid-request', 'a message is an object with id, op and params'));
  }
  const { id, op, params = {} } = value as { id?: unknown; op?: unknown; params?: unknown };
  if (!isRequestId(id)) return fault(undefined, invalidField('id', `must be ${REQUEST_ID_FORM}`));
  const repeated = repeatedName(text, value);
  if (repeated !== undefined) return fault(id, invalidField(repeated, 'must be given once'));
  const unknown = Object.keys(value).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return fault(id, invalidField(unknown, 'is unknown: known are id, op, params'));
  const operation = typeof op === 'string' ? VALIDATORS.get(op) : undefined;
  if (operation === undefined) {
    return fault(
      id,
      new Problem('unknown-operation', `op must be one of ${[...VALIDATORS.keys()].join(', ')}`),
    );
  }
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    return fault(id, invalidField('params', 'must be an object'));
  }
  const { schema, validator } = operation;
  if (validator.Check(params)) return { id, op: op as OperationName, params };
  return fault(id, problemOfValidation([asAjv(validator.Errors(params))], 'params', schema));
}

function fault(id: string | number | undefined, problem: Problem): RequestFault {
  return new RequestFault(id, problem);
}

type ValidationError = Parameters<typeof problemOfValidation>[0][number];

/** The first error, as ajv says it: one property a time, and none for the schema `false` of what is not allowed or for a single one of several that would do. */
function asAjv(
  errors: readonly { keyword: string; instancePath: string; schemaPath: string; params: object }[],
): ValidationError {
  const error =
    errors.find(({ keyword, schemaPath }) => keyword !== 'boolean' && !schemaPath.startsWith('#/oneOf/')) ??
    errors[0];
  const { requiredProperties, additionalProperties } = error.params as {
    requiredProperties?: string[];
    additionalProperties?: string[];
  };
  const params = {
    ...error.params,
    ...(requiredProperties === undefined ? {} : { missingProperty: requiredProperties[0] }),
    ...(additionalProperties === undefined ? {} : { additionalProperty: additionalProperties[0] }),
  };
  return { ...error, params } as ValidationError;
}
