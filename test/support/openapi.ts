import Schema from 'typebox/schema';

interface Operation {
  readonly operationId?: string;
  readonly responses: Readonly<
    Record<
      string,
      {
        /** Of problems: their codes. */
        readonly description: string;
        readonly headers?: Readonly<Record<string, object>>;
        readonly content?: Readonly<Record<string, { readonly schema: object }>>;
      }
    >
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

/** Fields of an answer's head that are of this interface, not of HTTP. */
const HEADERS = [
  'X-Request-Id',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'WWW-Authenticate',
];

/** Compares answers with an OpenAPI document, by a validator that is not the server's. */
export class OpenApiChecker {
  /** Operations of the document, as `GET /path/{name}`, and those of them that were answered with 200. */
  readonly operations: readonly string[];
  /** By which clients are generated, of each of them. */
  readonly operationIds: readonly (string | undefined)[];
  readonly answered = new Set<string>();
  readonly #document: Document;
  readonly #compiled = new Map<string, ReturnType<typeof Schema.Compile>>();

  constructor(document: object) {
    this.#document = document as Document;
    this.operations = Object.entries(this.#document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    this.operationIds = Object.values(this.#document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
  }

  /**
   * What of an answer the document does not allow; empty: nothing.
   * @param path without the query
   */
  faults(method: string, path: string, status: number, head: Headers, body: unknown): string[] {
    // A path in words comes before one with a parameter at the same place.
    const template = Object.keys(this.#document.paths)
      .filter((candidate) => new RegExp(`^${candidate.replace(/\{[^}]+\}/g, '[^/]*')}$`).test(path))
      .sort((a, b) => Number(a.includes('{')) - Number(b.includes('{')))[0];
    const operation = this.#document.paths[template]?.[method.toLowerCase()];
    if (operation === undefined) return [`${method} ${path} is not in the document`];
    const type = head.get('content-type')?.split(';')[0] ?? '';
    const schema = operation.responses[status]?.content?.[type]?.schema;
    const { headers = {} } = operation.responses[status] ?? {};
    const unknown = HEADERS.filter((name) => head.has(name) && headers[name] === undefined);
    if (unknown.length > 0) return [`${method} ${template} ${status} does not have ${unknown.join(', ')}`];
    if (schema === undefined) return [`${method} ${template} does not have ${status} ${type}`];
    const { code = '' } = body as { code?: string };
    const isNamed = operation.responses[status].description.split(', ').includes(code);
    if (type === 'application/problem+json' && !isNamed)
      return [`${method} ${template} ${status} does not name ${code}`];
    if (status === 200) this.answered.add(`${method} ${template}`);
    const key = JSON.stringify(schema);
    const { components } = this.#document;
    const validator = this.#compiled.get(key) ?? Schema.Compile({ ...schema, components } as never);
    this.#compiled.set(key, validator);
    const [, errors] = validator.Errors(body);
    return errors.map(
      ({ instancePath, message }) => `${method} ${template} ${status}: ${instancePath} ${message}`,
    );
  }

  /** Fetches, and gives the body. @throws Error when the document does not allow the answer */
  async fetch(url: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
    const response = await fetch(url, init);
    const body = (await response.json()) as unknown;
    const { method = 'GET' } = init;
    const faults = this.faults(method, new URL(url).pathname, response.status, response.headers, body);
    if (faults.length > 0) throw new Error(faults.join('\n'));
    return { status: response.status, body };
  }
}
