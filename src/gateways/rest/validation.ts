import type { FastifySchemaValidationError } from 'fastify';
import type { TObject, TSchema } from 'typebox';
import { invalidField, type Problem } from './problems.ts';

const INTEGER = /^-?(0|[1-9][0-9]{0,15})$/;

/** What of JSON Schema the messages below look at. */
interface FieldSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly unknown[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly items?: FieldSchema;
  /** Fields of which exactly one is to be given. */
  readonly oneOf?: readonly { readonly required: readonly string[] }[];
}

/**
 * Reads the texts of a query or path as the types of its schema: integers and booleans that are written as such. What is
 * written otherwise stays text, and validation says so. @throws Problem for a field that was given more than once
 */
export function readTexts(
  schema: TObject,
  texts: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  // As entries: a field that is called __proto__ is a field, and unknown.
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      if (typeof text !== 'string') throw invalidField(name, 'must be given once');
      const { type } = (schema.properties as Record<string, FieldSchema | undefined>)[name] ?? {};
      return [name, readText(type, text)];
    }),
  );
}

function readText(type: string | undefined, text: string): unknown {
  if (type === 'integer' && INTEGER.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** The problem of a request that its schema refuses: which field, and what is allowed. */
export function problemOfValidation(
  [error]: readonly FastifySchemaValidationError[],
  part: string,
  schema: TSchema | undefined,
): Problem {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const field = fieldAt(schema, path);
  // Each of several kinds of value has an error of its own: the field says them all.
  if (field?.anyOf !== undefined) return invalidField(path.join('.'), allowed(field));
  switch (error.keyword) {
    case 'required':
      path.push(String(error.params['missingProperty']));
      return invalidField(path.join('.'), `is missing: it ${allowed(fieldAt(schema, path))}`);
    case 'additionalProperties': {
      const known = Object.keys(fieldAt(schema, path)?.properties ?? {});
      path.push(String(error.params['additionalProperty']));
      const names = known.length === 0 ? 'there are none here' : `known are ${known.join(', ')}`;
      return invalidField(path.join('.'), `is unknown: ${names}`);
    }
    case 'oneOf': {
      const names = fieldAt(schema, path)?.oneOf?.flatMap(({ required }) => required) ?? [];
      return invalidField(path.join('.') || part, `must have one of ${names.join(', ')}`);
    }
    case 'minimum':
    case 'maximum':
      return invalidField(path.join('.'), `must be ${error.params['comparison']} ${error.params['limit']}`);
  }
  return invalidField(path.length === 0 ? part : path.join('.'), allowed(fieldAt(schema, path)));
}

/** What a field must be, as it reads after its name. */
function allowed(field: FieldSchema | undefined): string {
  if (field?.enum !== undefined) return `must be one of ${field.enum.join(', ')}`;
  const isDescribed = field?.type === 'string' || field?.anyOf !== undefined;
  if (isDescribed && field.description !== undefined) return `must be ${field.description}`;
  const article = /^[aeio]/.test(field?.type ?? '') ? 'an' : 'a';
  return `must be ${article} ${field?.type ?? 'value of its schema'}`;
}

function fieldAt(schema: TSchema | undefined, path: readonly string[]): FieldSchema | undefined {
  let field = schema as FieldSchema | undefined;
  for (const name of path) field = field?.items ?? field?.properties?.[name];
  return field;
}

/** RFC 6901, section 4. */
function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
