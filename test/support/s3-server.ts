import S3rver, { type S3rverContext } from '@20minutes/s3rver';
import { temporaryDirectory } from './temporary-directory.ts';

/** The only pair of keys that the server knows. */
const ACCESS_KEY = 'S3RVER';
export const BUCKET = 'backups';

/** An S3-compatible server that others have written, which checks signatures, with a bucket. */
export interface S3Server {
  readonly port: number;
  /** What a client's environment says of it. */
  readonly environment: { readonly [name: string]: string };
  close(): Promise<void>;
}

/**
 * Clients sign the slash behind a bucket's name where they send one, and stores take it so; this server forgets it, unless it
 * thinks that the bucket came with the host's name.
 */
function signedSlash(context: S3rverContext, next: () => Promise<void>): Promise<void> {
  if (context.path === `/${BUCKET}/`) {
    context.state.vhost = true;
    context.mountPath = '/';
  }
  return next();
}

/** @param port of one that ran before; 0: any free one @param directory kept over restarts; default: one that goes */
export async function startS3Server(port = 0, directory?: string): Promise<S3Server> {
  const root = directory ?? temporaryDirectory('s3');
  const server = new S3rver({
    port,
    address: '127.0.0.1',
    directory: root,
    silent: true,
    vhostBuckets: false,
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  server.middleware.splice(-1, 0, signedSlash);
  const address = await server.run();
  return {
    port: address.port,
    environment: {
      AWS_ACCESS_KEY_ID: ACCESS_KEY,
      AWS_SECRET_ACCESS_KEY: ACCESS_KEY,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${address.port}`,
    },
    close: async () => {
      if (!server.httpServer.listening) return;
      server.httpServer.closeAllConnections();
      await server.close();
    },
  };
}
