import { createHash } from 'node:crypto';

interface SchemaPart {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly items?: SchemaPart;
  readonly properties?: Readonly<Record<string, SchemaPart>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

interface Operation {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema: SchemaPart;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: SchemaPart }>> };
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description: string;
        readonly content?: Readonly<Record<string, { readonly schema: SchemaPart }>>;
      }
    >
  >;
}

/** What of an OpenAPI document the page shows. */
interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, SchemaPart>> };
}

const STYLE = `
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
code{font:13px ui-monospace,monospace}h2{margin-top:2.5rem;border-bottom:1px solid #ccc}h3{margin:1.5rem 0 .3rem}
table{border-collapse:collapse;width:100%;margin:.3rem 0 1rem}td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #e5e5e5}
@media(prefers-color-scheme:dark){body{color:#e5e5e5;background:#161616}a{color:#8ab4f8}td,th{border-color:#333}}`;

/** The reference of an OpenAPI document as one page of HTML, complete in itself, and the policy that lets it show. */
export function referencePage(openApi: object): {
  readonly html: string;
  readonly contentSecurityPolicy: string;
} {
  const document = openApi as Document;
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const { title, version, description } = document.info;
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(title)} API</title><style>${STYLE}</style>
<h1>${text(title)} API, version ${text(version)}</h1><p>${text(description)}</p>
<p>The same for programs: <a href="/openapi.json">/openapi.json</a>. Problems: <a href="/errors">/errors</a>.</p>
${operations(document)}<h2>Schemas</h2>${schemas(document)}</html>`;
  return {
    html,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'`,
  };
}

function operations({ paths }: Document): string {
  const byTag = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? 'other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), operationHtml(path, method, operation)]);
    }
  }
  return [...byTag].map(([tag, parts]) => `<h2>${text(tag)}</h2>${parts.join('')}`).join('');
}

function operationHtml(path: string, method: string, operation: Operation): string {
  const { summary, security, parameters, requestBody, responses } = operation;
  const who = (security ?? []).length === 0 ? 'open to anybody' : 'for users';
  const rows = (parameters ?? []).map(({ name, in: where, required, description, schema }) =>
    row([
      `<code>${text(name)}</code>`,
      `${text(where)}${required ? ', required' : ''}`,
      kind(schema),
      text(description ?? schema.description ?? ''),
    ]),
  );
  const body = Object.values(requestBody?.content ?? {})[0];
  const answers = Object.entries(responses).map(([status, { description, content }]) => {
    const schema = Object.values(content ?? {})[0]?.schema;
    const isProblem = Number(status) >= 400;
    return row([
      text(status),
      isProblem ? problemLinks(description) : schema === undefined ? '' : kind(schema),
    ]);
  });
  return `<h3><code>${text(method.toUpperCase())} ${text(path)}</code></h3><p>${text(summary ?? '')}; ${who}</p>${table(rows)}${
    body === undefined ? '' : `<p>Body: ${kind(body.schema)}</p>`
  }${table(answers)}`;
}

function problemLinks(codes: string): string {
  return codes
    .split(', ')
    .map((code) => `<a href="/errors/${text(code)}">${text(code)}</a>`)
    .join(', ');
}

function schemas({ components }: Document): string {
  return Object.entries(components.schemas)
    .map(([name, { description, properties, required }]) => {
      const rows = Object.entries(properties ?? {}).map(([field, schema]) =>
        row([
          `<code>${text(field)}</code>`,
          required?.includes(field) ? '' : 'optional',
          kind(schema),
          text(schema.description ?? ''),
        ]),
      );
      return `<h3 id="${text(name)}">${text(name)}</h3><p>${text(description ?? '')}</p>${table(rows)}`;
    })
    .join('');
}

function kind(schema: SchemaPart): string {
  const { $ref, type, items, minimum, maximum, enum: names } = schema;
  if ($ref !== undefined) {
    const name = text($ref.split('/').at(-1) ?? '');
    return `<a href="#${name}">${name}</a>`;
  }
  if (items !== undefined) return `list of ${kind(items)}`;
  if (names !== undefined) return names.map((name) => `<code>${text(name)}</code>`).join(', ');
  const isBounded = type === 'integer' && minimum !== undefined && maximum !== undefined;
  const bounds = isBounded && maximum < Number.MAX_SAFE_INTEGER ? ` ${minimum} to ${maximum}` : '';
  const fallback = schema.default === undefined ? '' : `, default ${text(String(schema.default))}`;
  return `${text(type ?? 'any')}${bounds}${fallback}`;
}

function table(rows: readonly string[]): string {
  return rows.length === 0 ? '' : `<table>${rows.join('')}</table>`;
}

function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function text(raw: string): string {
  return raw.replace(/[&<>"]/g, (character) => ESCAPES[character]);
}
