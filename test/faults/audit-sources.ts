import { Limits } from '#domain/limits.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { connectNats } from '#log/jetstream/connection.ts';
import { writeEntryWords } from '#log/jetstream/entry-words.ts';
import { managerOf } from '#log/jetstream/log-stream.ts';
import { NatsLink } from '#log/jetstream/nats-link.ts';
import { StreamFollower } from '#log/jetstream/stream-follower.ts';
import type { Audit } from './audit.ts';

/** Gives an audit the entries of a stream as they come, from the first on. Resolves with how to end that. */
export async function followStream(
  audit: Audit,
  servers: string[],
  stream: string,
): Promise<() => Promise<void>> {
  const connection = await connectNats({ servers, name: 'audit' });
  const copy = audit.copy('the stream');
  const words = WordBuffer.allocate(Limits.ENTRY_BYTES_MAX / WORD_BYTES);
  const link = new NatsLink(connection, {
    onDisconnected: () => {},
    onConnected: () => follower.renew(),
    onRefused: () => {},
    onClosed: () => {},
  });
  const follower: StreamFollower = new StreamFollower({
    link,
    manager: await managerOf(connection),
    stream,
    fromSequence: 1,
    onMessage: (sequence, seconds, nanos, data) => {
      copy.deliver(sequence, seconds, nanos, words, 0, writeEntryWords(data, words, undefined));
      return true;
    },
    onBatchEnd: () => {},
    onHole: (sequence) => audit.complaints.push(`the stream: entry ${sequence} is missing`),
  });
  follower.start();
  return async () => {
    follower.close();
    link.close();
    await connection.close();
  };
}

/** Gives an audit a node's copy of the log, entries `from` to `to`. */
export function compareCopy(audit: Audit, nodeId: number, directory: string, from: number, to: number): void {
  const copy = audit.copy(`node ${nodeId}`);
  const tail = new LogTail({ directory, fromSequence: from });
  try {
    tail.poll(copy, to, Number.POSITIVE_INFINITY);
  } finally {
    tail.close();
  }
  if (copy.sequence() < to && to >= from)
    audit.complaints.push(`node ${nodeId}: its copy ends with ${copy.sequence()}`);
}
