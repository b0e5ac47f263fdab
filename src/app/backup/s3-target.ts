import { S3Client, S3Errors } from '@bradenmacdonald/s3-lite-client';
import { BackupError } from '#codec/backup/backup-error.ts';
import { type BackupTarget, missing, type TargetObject } from './backup-target.ts';

const REGION = 'us-east-1';
/** Larger objects are uploaded in parts of this size, four at a time at most: what is in memory. */
const PART_BYTES = 16 * 1024 * 1024;
/** How long an answer may take to begin. */
const TIMEOUT_MS = 60_000;
const DENIED = [401, 403];
/** Of MinIO, Ceph and AWS: there is no room, or no more is allowed. */
const FULL = ['XMinioStorageFull', 'QuotaExceeded', 'XMinioAdminBucketQuotaExceeded', 'EntityTooLarge'];
const NOT_FOUND = 404;

/**
 * Backups in a bucket of an S3-compatible store. Endpoint, region and credentials come from the environment, by the names that
 * AWS' own tools read; a store that is not AWS' is addressed by path.
 */
export class S3Target implements BackupTarget {
  declare readonly place: string;
  declare private readonly client: S3Client;
  declare private readonly prefix: string;
  declare private readonly timeoutMs: number;

  private constructor(place: string, client: S3Client, prefix: string, timeoutMs: number) {
    this.place = place;
    this.client = client;
    this.prefix = prefix;
    this.timeoutMs = timeoutMs;
  }

  /** @throws BackupError UNUSABLE when the place or the environment does not say enough */
  static open(place: string, environment: NodeJS.ProcessEnv, timeoutMs: number = TIMEOUT_MS): S3Target {
    const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{2,62})(?:\/([A-Za-z0-9_./-]*?))?\/?$/.exec(place);
    if (match === null || /(^|\/)\.*(\/|$)/.test(match[2] || 'none')) {
      throw new BackupError(
        'UNUSABLE',
        `${place} is no place in S3: write s3://BUCKET or s3://BUCKET/PREFIX`,
      );
    }
    const [, bucket, prefix = ''] = match;
    const accessKey = environment['AWS_ACCESS_KEY_ID'];
    const secretKey = environment['AWS_SECRET_ACCESS_KEY'];
    if (!accessKey || !secretKey) {
      throw new BackupError(
        'UNUSABLE',
        `${place} needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment`,
      );
    }
    const region = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || REGION;
    const custom = environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL'];
    const sessionToken = environment['AWS_SESSION_TOKEN'];
    try {
      const client = new S3Client({
        endPoint: custom || `https://s3.${region}.amazonaws.com`,
        region,
        bucket,
        accessKey,
        secretKey,
        pathStyle: Boolean(custom),
        ...(sessionToken ? { sessionToken } : {}),
      });
      return new S3Target(place, client, prefix === '' ? '' : `${prefix}/`, timeoutMs);
    } catch (cause) {
      const { message } = cause as Error;
      throw new BackupError('UNUSABLE', `${place}: ${message}. Correct AWS_ENDPOINT_URL or the credentials`, {
        cause,
      });
    }
  }

  async put(name: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    const stream = new UploadStream(source);
    const first = await stream.head();
    const body = stream.isAtEnd ? first : ReadableStream.from(stream.all());
    // A large object takes as long as it takes; each of its parts has the client's own limit.
    const upload = this.client.putObject(this.prefix + name, body, { partSize: PART_BYTES });
    try {
      await (stream.isAtEnd ? this.#inTime(upload) : upload);
    } catch (error) {
      throw stream.failure ?? this.#failure(name, error);
    }
  }

  async *get(name: string): AsyncGenerator<Uint8Array> {
    const response = await this.#guard(name, this.#inTime(this.client.getObject(this.prefix + name)));
    const body = (response.body ?? []) as AsyncIterable<Uint8Array>;
    try {
      yield* body;
    } catch (error) {
      throw this.#failure(name, error);
    }
  }

  async list(prefix: string): Promise<TargetObject[]> {
    const objects: TargetObject[] = [];
    const all = this.client.listObjects({ prefix: this.prefix + prefix });
    for (;;) {
      const next = await this.#guard(prefix, this.#inTime(all.next()));
      if (next.done === true) break;
      const { key, size, lastModified } = next.value;
      const name = key.slice(this.prefix.length);
      objects.push({ name, bytes: size, modifiedMs: lastModified.getTime() });
    }
    return objects.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async remove(name: string): Promise<void> {
    await this.#guard(name, this.#inTime(this.client.deleteObject(this.prefix + name)));
  }

  async removeFolder(folder: string): Promise<void> {
    for (const { name } of await this.list(`${folder}/`)) await this.remove(name);
  }

  /** A store shows nothing of uploads that were not completed but in a list of its own; its lifecycle rules remove them. */
  async removeUnfinished(): Promise<void> {}

  async #inTime<T>(promise: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${this.timeoutMs} ms`)), this.timeoutMs);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
      // When it comes after all, it is of no use.
      promise.catch(() => {});
    }
  }

  async #guard<T>(name: string, promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      throw this.#failure(name, error);
    }
  }

  #failure(name: string, error: unknown): unknown {
    if (error instanceof BackupError) return error;
    const options = { cause: error };
    if (!(error instanceof S3Errors.ServerError)) {
      const { message, cause } = error as Error;
      const why = cause instanceof Error && cause.message !== '' ? cause.message : message;
      return new BackupError(
        'UNREACHABLE',
        `${this.place} does not answer: ${why}. Check AWS_ENDPOINT_URL`,
        options,
      );
    }
    const { code, message, statusCode } = error;
    const said = `${this.place}: ${name}: ${code} ${message}`;
    if (code === 'NoSuchBucket') {
      return new BackupError('UNUSABLE', `${this.place}: there is no such bucket: make it first`, options);
    }
    if (statusCode === NOT_FOUND) return missing(name, this.place);
    if (FULL.includes(code) || statusCode === 507) {
      return new BackupError(
        'FULL',
        `${said}. Allow more, or remove old backups ("hive backup prune")`,
        options,
      );
    }
    if (DENIED.includes(statusCode)) {
      return new BackupError(
        'DENIED',
        `${said}. Check the credentials, the region and the bucket's policy`,
        options,
      );
    }
    return new BackupError('UNREACHABLE', `${said}. Try again; if it stays so, look at the store`, options);
  }
}

/** Looks whether a source fits one request before it is uploaded. */
class UploadStream {
  declare isAtEnd: boolean;
  /** What the source, not the store, has failed with. */
  declare failure: unknown;
  declare private readonly source: AsyncIterator<Uint8Array>;
  declare private first: Buffer;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source[Symbol.asyncIterator]();
    this.first = Buffer.alloc(0);
    this.isAtEnd = false;
    this.failure = undefined;
  }

  /** The source's bytes up to those that one request takes, or all. */
  async head(): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    while (bytes < PART_BYTES) {
      const next = await this.source.next();
      if (next.done === true) {
        this.isAtEnd = true;
        break;
      }
      // A source may use its memory again.
      pieces.push(Buffer.from(next.value));
      bytes += next.value.length;
    }
    this.first = Buffer.concat(pieces);
    return this.first as Uint8Array<ArrayBuffer>;
  }

  async *all(): AsyncGenerator<Uint8Array> {
    try {
      yield this.first;
      for (let next = await this.source.next(); next.done !== true; next = await this.source.next()) {
        yield Buffer.from(next.value);
      }
    } catch (error) {
      this.failure = error;
      throw error;
    } finally {
      await this.source.return?.();
    }
  }
}
