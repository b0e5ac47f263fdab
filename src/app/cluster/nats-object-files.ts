import { createReadStream, createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { ObjectInfo, ObjectStore } from '@nats-io/obj';
import { ClusterError } from './cluster-error.ts';
import { ObjectDamagedError, type ObjectFiles } from './object-files.ts';

/** How long a transfer may stand still: an election takes up to 9 s. */
const CHUNK_MS_MAX = 10_000;
const DAMAGED = /corrupt object/;

/** Files in an object store of JetStream. */
export class NatsObjectFiles implements ObjectFiles {
  declare private readonly store: ObjectStore;
  declare private readonly chunkMsMax: number;

  constructor(store: ObjectStore, chunkMsMax: number = CHUNK_MS_MAX) {
    this.store = store;
    this.chunkMsMax = chunkMsMax;
  }

  list(): Promise<ObjectInfo[]> {
    return this.store.list();
  }

  async put(path: string, metadata: Readonly<Record<string, string>>): Promise<void> {
    const data = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
    await this.store.put(
      { name: basename(path), metadata: { ...metadata } },
      data as Parameters<ObjectStore['put']>[1],
      { timeout: this.chunkMsMax },
    );
  }

  async fetch(name: string, path: string): Promise<boolean> {
    const result = await this.store.get(name);
    if (result === null) return false;
    const data = Readable.fromWeb(result.data as ReadableStream<Uint8Array>);
    const silence = new AbortController();
    const { signal } = silence;
    const timer = setTimeout(() => silence.abort(), this.chunkMsMax);
    try {
      await pipeline(
        data,
        async function* (chunks: AsyncIterable<Uint8Array>) {
          for await (const chunk of chunks) {
            timer.refresh();
            yield chunk;
          }
        },
        createWriteStream(path, { flush: true }),
        { signal },
      );
      const error = await result.error;
      // The client says undefined, and not null as its types do.
      if (error instanceof Error) throw error;
      return true;
    } catch (error) {
      // The client rejects it, too, and nobody else waits for it.
      result.error.catch(() => {});
      const { message } = error as Error;
      if (DAMAGED.test(message)) throw new ObjectDamagedError(message, { cause: error });
      if (!signal.aborted) throw error;
      // The client waits for ever for what was removed under its hands.
      const info = await this.store.info(name);
      if (info === null || info.deleted || info.nuid !== result.info.nuid) return false;
      throw new ClusterError(
        'NO_ANSWER',
        `nothing came of ${name} from the nats-servers for ${this.chunkMsMax} ms: see that a majority of them runs, and try again when they do`,
        { cause: error },
      );
    } finally {
      clearTimeout(timer);
    }
  }

  async delete(name: string): Promise<void> {
    await this.store.delete(name);
  }
}
