/** What the tests use of @20minutes/s3rver, which brings no types. */
declare module '@20minutes/s3rver' {
  import type { Server } from 'node:http';

  export interface S3rverContext {
    readonly path: string;
    readonly state: { vhost?: boolean };
    mountPath?: string;
  }

  export default class S3rver {
    constructor(options: {
      port: number;
      address: string;
      directory: string;
      silent: boolean;
      vhostBuckets: boolean;
      configureBuckets: { name: string; configs: string[] }[];
    });
    readonly httpServer: Server;
    /** Koa's, in the order of calls. */
    readonly middleware: ((context: S3rverContext, next: () => Promise<void>) => Promise<void>)[];
    run(): Promise<{ port: number }>;
    close(): Promise<void>;
  }
}
