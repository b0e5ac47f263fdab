/** The paths of all routes: to tell one that does not exist from a method that it does not have. */
export class KnownPaths {
  declare private readonly byUrl: Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>;

  constructor() {
    this.byUrl = new Map();
  }

  /** @param url as Fastify has it: what a path names is written `:name`, whatever follows `*` */
  add(methods: readonly string[], url: string): void {
    const known = this.byUrl.get(url) ?? {
      pattern: new RegExp(
        `^${url
          .replaceAll('.', '\\.')
          .replaceAll('*', '.*')
          .replace(/:[A-Za-z]+/g, '[^/]*')}$`,
      ),
      methods: new Set(),
    };
    for (const method of methods) known.methods.add(method);
    this.byUrl.set(url, known);
  }

  /** The methods of the first path that matches; none: there is no such path. */
  methodsOf(path: string): readonly string[] {
    for (const { pattern, methods } of this.byUrl.values()) if (pattern.test(path)) return [...methods];
    return [];
  }
}
