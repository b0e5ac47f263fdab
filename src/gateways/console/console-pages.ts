import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { HttpPages } from '../rest/http-server.ts';
import { type ConsoleFile, fileOf } from './console-files.ts';
import { type Encoding, encodingOf } from './content-encoding.ts';

/** The screens: each is the index, and so is what lies below it. */
export const SCREENS = ['trade', 'operate', 'risk', 'replay', 'status', 'setup'] as const;

/** What Vite puts here has the hash of its content in its name. */
const HASHED_FOLDER = 'assets/';
const YEAR_SECONDS = 31_536_000;

/** What the console may load and do: its own files, and its own node. */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-cache',
  'content-security-policy': CONSOLE_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};
const HASHED_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': `public, max-age=${YEAR_SECONDS}, immutable`,
};
const FILE_HEADERS: Readonly<Record<string, string>> = { 'cache-control': 'no-cache' };

/** Instead of the console where it was not built. */
const NOT_BUILT = fileOf(
  'text/html; charset=utf-8',
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Hive Mind</title>
<h1>The console is not built</h1>
<p>In the folder of Hive Mind run <code>npm ci</code>, or <code>npm run build</code> where that was done, and start the node again.</p>
<p>Everything else is here: <a href="/docs">the reference of REST</a>, <a href="/asyncapi.json">that of the WebSocket</a>.</p></html>
`,
);

/** Serves the web console: its files, and the index for the path of every screen. Anybody may have them. */
export class ConsolePages implements HttpPages {
  declare private readonly files: ReadonlyMap<string, ConsoleFile>;

  /** @param files of a build; undefined: a page says how to make one */
  constructor(files: ReadonlyMap<string, ConsoleFile> | undefined) {
    this.files = files ?? new Map([['index.html', NOT_BUILT]]);
  }

  addRoutes(app: FastifyInstance): void {
    // Files cost no more than the connection that they go over: they leave an address its rate for questions.
    const options = {
      config: { access: 'anybody' as const, weight: 0 },
      schema: { hide: true } as FastifySchema,
    };
    const serve = (path: string, file: ConsoleFile, headers: Readonly<Record<string, string>>): void => {
      app.get(path, options, (request, reply) => send(request, reply, file, headers));
    };
    for (const [path, file] of this.files) {
      if (path === 'index.html') continue;
      serve(`/${path}`, file, path.startsWith(HASHED_FOLDER) ? HASHED_HEADERS : FILE_HEADERS);
    }
    const index = this.files.get('index.html') ?? NOT_BUILT;
    serve('/', index, PAGE_HEADERS);
    for (const screen of SCREENS) {
      serve(`/${screen}`, index, PAGE_HEADERS);
      serve(`/${screen}/*`, index, PAGE_HEADERS);
    }
  }
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  file: ConsoleFile,
  headers: Readonly<Record<string, string>>,
): FastifyReply {
  const encoding: Encoding | undefined = encodingOf(request.headers['accept-encoding'], (one) =>
    file.encoded.has(one),
  );
  const form = (encoding === undefined ? undefined : file.encoded.get(encoding)) ?? file.plain;
  reply.headers(headers).header('etag', form.etag);
  if (file.encoded.size > 0) reply.header('vary', 'accept-encoding');
  if (isFresh(request.headers['if-none-match'], form.etag)) return reply.code(304).send();
  if (encoding !== undefined) reply.header('content-encoding', encoding);
  return reply.type(file.type).send(form.bytes);
}

/** Whether the client has this form already (RFC 9110, section 13.1.2: weak comparison). */
function isFresh(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => [etag, '*'].includes(one.trim().replace(/^W\//, '')));
}
