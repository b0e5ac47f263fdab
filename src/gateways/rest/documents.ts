import type { FastifyInstance, FastifySchema } from 'fastify';
import { referencePage } from './reference-page.ts';

/**
 * The OpenAPI document and the reference page, made when they are first asked for.
 * @param others JSON documents by path, made likewise
 */
export function addDocuments(app: FastifyInstance, others: ReadonlyMap<string, () => object>): void {
  let page: ReturnType<typeof referencePage> | undefined;
  const config = { access: 'anybody' as const, weight: 1 };
  const schema = { hide: true } as FastifySchema;
  for (const [path, make] of [['/openapi.json', () => app.swagger()] as const, ...others]) {
    let document: string | undefined;
    app.get(path, { config, schema }, (_request, reply) => {
      document ??= JSON.stringify(make());
      return reply.type('application/json; charset=utf-8').send(document);
    });
  }
  app.get('/docs', { config, schema }, (_request, reply) => {
    page ??= referencePage(app.swagger());
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', page.contentSecurityPolicy)
      .send(page.html);
  });
}
