import { parseSync } from '@swc/core';

interface ClassMember {
  readonly type: string;
  readonly declare?: boolean;
  readonly isStatic?: boolean;
  readonly value?: unknown;
  readonly key: { readonly value: string };
}

/**
 * Fields of the classes in TypeScript `source` that begin as `undefined`, as `Class.field`: written without `declare` and
 * without a value. See docs/adr/0011-declared-class-fields.md.
 */
export function undefinedFields(source: string): string[] {
  const found: string[] = [];
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const one of node) walk(one);
    } else if (node !== null && typeof node === 'object') {
      const { body, identifier } = node as { body?: unknown; identifier?: { value: string } };
      if (Array.isArray(body))
        found.push(...undefinedMembers(body as ClassMember[], identifier?.value ?? ''));
      for (const value of Object.values(node)) walk(value);
    }
  };
  walk(parseSync(source, { syntax: 'typescript', target: 'esnext' }));
  return found;
}

function undefinedMembers(members: readonly ClassMember[], name: string): string[] {
  return members
    .filter(({ type }) => type === 'ClassProperty' || type === 'PrivateProperty')
    .filter(({ declare, isStatic, value }) => declare !== true && isStatic !== true && value == null)
    .map(({ key }) => `${name}.${key.value}`);
}
