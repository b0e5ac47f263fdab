import { parseSync } from '@swc/core';

/** A use of something that would make the core's result depend on more than the log. */
export interface Impurity {
  readonly line: number;
  readonly what: string;
}

/** Globals that a deterministic, synchronous, silent core has no use for. */
const FORBIDDEN_GLOBALS: ReadonlySet<string> = new Set([
  'Date',
  'performance',
  'crypto',
  'Promise',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'process',
  'console',
  'globalThis',
  'require',
  'fetch',
  'Atomics',
  'Intl',
  'WeakRef',
  'FinalizationRegistry',
  'BigInt',
  'BigInt64Array',
  'BigUint64Array',
]);

/** Methods whose result depends on the machine's language. */
const FORBIDDEN_METHODS: ReadonlySet<string> = new Set(['toLocaleString', 'localeCompare', 'Math.random']);

/** A node of swc's tree; a few parts of one (a method's function) have neither type nor span. */
interface Node {
  readonly type?: string;
  readonly span?: { readonly start: number };
  readonly [key: string]: unknown;
}

/**
 * Clocks, randomness, asynchrony, input and output, and bigints in TypeScript `source`, by line. It looks at the
 * syntax tree, so comments, strings and property names do not count.
 */
export function impurities(source: string): Impurity[] {
  // Positions count bytes over all files that the process parsed; the first token tells where this one starts.
  const text = `;${source}`;
  const bytes = Buffer.from(text);
  const module = parseSync(text, { syntax: 'typescript', target: 'esnext' }) as unknown as Node;
  const base = module.span?.start ?? 0;
  const found: Impurity[] = [];
  visit(module, base, (what, position) => {
    const line = bytes
      .subarray(0, position - base)
      .toString('utf8')
      .split('\n').length;
    found.push({ line, what });
  });
  return found;
}

type Report = (what: string, position: number) => void;

function visit(node: Node, outer: number, report: Report): void {
  const position = node.span?.start ?? outer;
  const what = impurityOf(node);
  if (what !== undefined) report(what, position);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'span' || isPlainName(node, key)) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === 'object' && child !== null) visit(child as Node, position, report);
    }
  }
}

/** Names of members and properties, which mean nothing by themselves. */
function isPlainName(node: Node, key: string): boolean {
  const child = node[key] as Node | undefined;
  if (typeof child !== 'object' || child === null || child.type !== 'Identifier') return false;
  return key === 'key' || (key === 'property' && node.type === 'MemberExpression');
}

function impurityOf(node: Node): string | undefined {
  switch (node.type) {
    case 'Identifier':
      return FORBIDDEN_GLOBALS.has(node['value'] as string) ? (node['value'] as string) : undefined;
    case 'BigIntLiteral':
      return 'bigint';
    case 'AwaitExpression':
      return 'await';
    case 'ForOfStatement':
      return node['await'] === true ? 'await' : undefined;
    case 'Import':
      return 'import()';
    case 'MemberExpression':
      return forbiddenMember(node['object'] as Node, memberName(node['property'] as Node));
    case 'VariableDeclarator':
      return readsRandom(node['id'] as Node, node['init'] as Node | null) ? 'Math.random' : undefined;
    default:
      return node['async'] === true ? 'async' : undefined;
  }
}

function memberName(property: Node): string {
  if (property.type === 'Computed') return String((property['expression'] as Node)['value']);
  return String(property['value']);
}

function forbiddenMember(object: Node, name: string): string | undefined {
  const full = object.type === 'Identifier' && object['value'] === 'Math' ? `Math.${name}` : name;
  return FORBIDDEN_METHODS.has(full) ? full : undefined;
}

/** `const { random } = Math` and renamings of it. */
function readsRandom(pattern: Node, init: Node | null): boolean {
  if (pattern.type !== 'ObjectPattern' || init?.['value'] !== 'Math') return false;
  return (pattern['properties'] as Node[]).some(({ key }) => (key as Node)['value'] === 'random');
}
