import { type FixStore, FixStoreError, type FixStores } from './fix-store.ts';
import type { FixStream } from './fix-stream.ts';
import { StreamFixStore } from './stream-fix-store.ts';

/** The sessions of a venue with many nodes, in a stream that all of them have. */
export class StreamFixStores implements FixStores {
  declare private readonly stream: FixStream;
  /** Those of this node that are open, or are being closed, by the session's id. */
  declare private readonly stores: Map<string, StreamFixStore>;

  constructor(stream: FixStream) {
    this.stream = stream;
    this.stores = new Map();
    stream.onAnnounced((sessionId) => this.stores.get(sessionId)?.look());
  }

  async open(sessionId: string, nowMs: number): Promise<FixStore> {
    const { stream, stores } = this;
    // What the last connection brought is stored before it is read.
    await stores
      .get(sessionId)
      ?.close()
      .catch(() => {});
    const store = await StreamFixStore.open(stream, sessionId, nowMs, () => {
      if (stores.get(sessionId) === store) stores.delete(sessionId);
    });
    stores.set(sessionId, store);
    stream.announce(sessionId);
    return store;
  }

  async sessionIds(): Promise<readonly string[]> {
    try {
      return await this.stream.sessionIds();
    } catch (cause) {
      throw new FixStoreError(`the FIX sessions cannot be listed: ${(cause as Error).message}`, { cause });
    }
  }
}
