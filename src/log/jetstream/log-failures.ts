import type { PermissionViolationError } from '@nats-io/transport-node';
import { Limits } from '#domain/limits.ts';
import { LogUnavailableError } from '#domain/ports.ts';
import { entrySubject } from './stream-config.ts';
import { StreamError } from './stream-error.ts';

/** Why a log on JetStream ends, with what to do. */

/** The servers went on refusing the login, or somebody closed it. */
export function connectionClosed(): LogUnavailableError {
  return new LogUnavailableError(
    'IO_ERROR',
    'the connection to the nats-servers was closed for good: see their logs whether they refuse the login (docs/cluster.md, "Permissions"), then restart the node',
  );
}

/** Whether what a server refused is of the log: over its connection a node also answers whoever asks it, at any subject that they name. */
export function isForLog({ operation, subject }: PermissionViolationError, stream: string): boolean {
  return operation === 'subscription' || subject === entrySubject(stream) || subject.startsWith('$');
}

/** A server refused a subject that the log needs. */
export function refused(error: Error): LogUnavailableError {
  return new LogUnavailableError(
    'IO_ERROR',
    `the servers refuse this node (${error.message}): grant what docs/cluster.md lists under "Permissions", then restart the node`,
    { cause: error },
  );
}

/** A server does not take the largest entry. @param maxPayload bytes that it takes */
export function takesTooLittle(server: string, maxPayload: number): string {
  return `nats-server ${server} takes messages of at most ${maxPayload} bytes, an entry has up to ${Limits.ENTRY_BYTES_MAX}: raise max_payload in its configuration`;
}

/** @param description what the server said */
export function streamFull(stream: string, description: string): LogUnavailableError {
  const advice =
    'Free space by a snapshot and truncation, or raise what is full: max_bytes with "nats stream edit", max_file_store of the servers, the limits of the account';
  return new LogUnavailableError(
    'DISK_FULL',
    `stream ${stream} takes no more entries (${description}); what was acknowledged stays readable. ${advice}, then restart the node`,
  );
}

/** The stream was truncated beyond what this node has. The cause is a StreamError SNAPSHOT_NEEDED: a start begins with a snapshot then. */
export function streamTruncated(
  stream: string,
  firstSequence: number,
  sequence: number,
): LogUnavailableError {
  const error = new StreamError(
    'SNAPSHOT_NEEDED',
    `stream ${stream} begins with entry ${firstSequence}, this node had still to get entry ${sequence}. Restart the node: it begins with a snapshot of the cluster`,
  );
  return new LogUnavailableError('IO_ERROR', error.message, { cause: error });
}

/** The stream has what follows entry `sequence`, and not that one. */
export function entryMissing(stream: string, sequence: number): LogUnavailableError {
  return new LogUnavailableError(
    'IO_ERROR',
    `stream ${stream} does not deliver entry ${sequence}, but later ones. Compare the copies of all nodes and restore the log (docs/cluster.md, "When the stream and a copy differ")`,
  );
}

/** What the servers send as entry `sequence` is none, and not what the stream's leader has. */
export function entryDamaged(stream: string, sequence: number): LogUnavailableError {
  return new LogUnavailableError(
    'IO_ERROR',
    `what the servers send as entry ${sequence} of stream ${stream} is no entry, and not what its leader has: a server's disk, or the network, damages entries. Find out which, from the servers' logs; take that server out of the cluster, then restart the node`,
  );
}

/** @param error of the stream, or what was thrown by what follows the log */
export function failureOf(error: unknown): LogUnavailableError {
  if (error instanceof LogUnavailableError) return error;
  const message =
    error instanceof StreamError ? error.message : 'the log ended by a fault in what follows it';
  return new LogUnavailableError('IO_ERROR', message, { cause: error });
}
