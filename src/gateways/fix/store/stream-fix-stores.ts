import { type FixStore, FixStoreError, type FixStores } from './fix-store.ts';
import type { FixStream } from './fix-stream.ts';
import { StreamFixStore } from './stream-fix-store.ts';

/** The sessions of a venue with many nodes, in a stream that all of them have. */
export class StreamFixStores implements FixStores {
  declare private readonly stream: FixStream;

  constructor(stream: FixStream) {
    this.stream = stream;
  }

  open(sessionId: string, nowMs: number): Promise<FixStore> {
    return StreamFixStore.open(this.stream, sessionId, nowMs);
  }

  async sessionIds(): Promise<readonly string[]> {
    try {
      return await this.stream.sessionIds();
    } catch (cause) {
      throw new FixStoreError(`the FIX sessions cannot be listed: ${(cause as Error).message}`, { cause });
    }
  }
}
