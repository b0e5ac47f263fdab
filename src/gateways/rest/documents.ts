import type { FastifyInstance, FastifySchema } from 'fastify';
import { referencePage } from './reference-page.ts';

/** The OpenAPI document and the reference page, made when they are first asked for. */
export function addDocuments(app: FastifyInstance): void {
  let document: string | undefined;
  let page: ReturnType<typeof referencePage> | undefined;
  const config = { access: 'anybody' as const, weight: 1 };
  const schema = { hide: true } as FastifySchema;
  app.get('/openapi.json', { config, schema }, (_request, reply) => {
    document ??= JSON.stringify(app.swagger());
    return reply.type('application/json; charset=utf-8').send(document);
  });
  app.get('/docs', { config, schema }, (_request, reply) => {
    page ??= referencePage(app.swagger());
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', page.contentSecurityPolicy)
      .send(page.html);
  });
}
