import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FileFixStore } from './file-fix-store.ts';
import type { FixStore, FixStores } from './fix-store.ts';

/** The sessions of a venue with one node: a directory each. */
export class FileFixStores implements FixStores {
  declare private readonly directory: string;
  declare private readonly messageBytesMax: number;

  /** Makes the directory, for its owner only. @param messageBytesMax longest message of a session */
  constructor(directory: string, messageBytesMax: number) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.directory = directory;
    this.messageBytesMax = messageBytesMax;
  }

  async open(sessionId: string, nowMs: number): Promise<FixStore> {
    const { directory, messageBytesMax } = this;
    return new FileFixStore(join(directory, encodeURIComponent(sessionId)), nowMs, { messageBytesMax });
  }

  async sessionIds(): Promise<readonly string[]> {
    return readdirSync(this.directory).map(decodeURIComponent);
  }
}
