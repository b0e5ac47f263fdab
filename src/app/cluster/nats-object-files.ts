import { createReadStream, createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { ObjectInfo, ObjectStore } from '@nats-io/obj';
import type { ObjectFiles } from './object-files.ts';

const CHUNK_MS_MAX = 10_000;

/** Files in an object store of JetStream. */
export class NatsObjectFiles implements ObjectFiles {
  declare private readonly store: ObjectStore;

  constructor(store: ObjectStore) {
    this.store = store;
  }

  list(): Promise<ObjectInfo[]> {
    return this.store.list();
  }

  async put(path: string, metadata: Readonly<Record<string, string>>): Promise<void> {
    const data = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
    await this.store.put(
      { name: basename(path), metadata: { ...metadata } },
      data as Parameters<ObjectStore['put']>[1],
      { timeout: CHUNK_MS_MAX },
    );
  }

  async fetch(name: string, path: string): Promise<boolean> {
    const result = await this.store.get(name);
    if (result === null) return false;
    const data = Readable.fromWeb(result.data as ReadableStream<Uint8Array>);
    await pipeline(data, createWriteStream(path, { flush: true }));
    const error = await result.error;
    // The client says undefined, and not null as its types do.
    if (error instanceof Error) throw error;
    return true;
  }

  async delete(name: string): Promise<void> {
    await this.store.delete(name);
  }
}
