import type { MessagePort } from 'node:worker_threads';
import {
  type ArchiveAnswerOf,
  type ArchiveQuery,
  type ArchiveQuestion,
  ArchiveRefusedError,
  Asker,
} from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { ArchiveAnswer, ArchiveRefusalMessage, ArchiveRequest, FromArchive } from './messages.ts';

interface Asked {
  readonly resolve: (answer: { sequence: number; completeFrom: number; result: never }) => void;
  readonly reject: (error: ArchiveRefusedError) => void;
}

/** The asking side of the archive thread's port, which may carry images too: a promise for each question. */
export class ArchiveClient implements ArchiveQueries {
  declare private readonly port: MessagePort;
  declare private readonly asked: Map<number, Asked>;
  declare private lastId: number;
  declare private isClosed: boolean;

  constructor(port: MessagePort) {
    this.port = port;
    this.asked = new Map();
    this.lastId = 0;
    this.isClosed = false;
    port.on('message', (message: FromArchive) => {
      if (message.kind === 'answer' || message.kind === 'refusal') this.#onReply(message);
    });
    port.on('close', () => this.#onClose());
  }

  async ask<Type extends ArchiveQuestion>(
    query: ArchiveQuery<Type>,
    atSequence: number,
    asker: Asker = Asker.Node,
    isEnough: boolean = false,
  ): Promise<{
    readonly sequence: number;
    readonly completeFrom: number;
    readonly result: ArchiveAnswerOf<Type>;
  }> {
    if (this.isClosed) throw gone();
    if (this.asked.size >= Limits.ARCHIVE_QUESTIONS_MAX) {
      throw new ArchiveRefusedError('BUSY', 'too many questions wait: ask again');
    }
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.port.postMessage({
        kind: 'query',
        id,
        atSequence,
        query,
        asker,
        isEnough,
      } satisfies ArchiveRequest);
    });
  }

  /** Ends the port; what is still asked is refused. */
  close(): void {
    this.port.close();
    this.#onClose();
  }

  #onReply(reply: ArchiveAnswer | ArchiveRefusalMessage): void {
    const asked = this.asked.get(reply.id);
    this.asked.delete(reply.id);
    if (reply.kind === 'refusal') asked?.reject(new ArchiveRefusedError(reply.code, reply.message));
    else {
      const { sequence, completeFrom, result } = reply;
      asked?.resolve({ sequence, completeFrom, result: result as never });
    }
  }

  #onClose(): void {
    this.isClosed = true;
    for (const { reject } of this.asked.values()) reject(gone());
    this.asked.clear();
  }
}

function gone(): ArchiveRefusedError {
  return new ArchiveRefusedError('CLOSED', 'the archive thread is gone: restart the node');
}
