import { createPublicKey, type KeyObject } from 'node:crypto';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import type { NodeKeyTable } from '#core/registry/node-keys.ts';
import type { CommandSink } from '#domain/ports.ts';
import { rawEd25519Bytes } from '#gateways/identity/ed25519.ts';

const KEY_WORDS = 8;

/** Whether the log knows `signingKey` as that of the node. */
export function isAnnounced(standing: NodeKeyTable, nodeId: number, signingKey: KeyObject): boolean {
  const row = standing.rowOf(nodeId);
  const words = standing.publicKey.subarray(row * KEY_WORDS, (row + 1) * KEY_WORDS);
  const publicKey = rawEd25519Bytes(createPublicKey(signingKey));
  return row !== -1 && publicKey.equals(new Uint8Array(words.slice().buffer));
}

/** Tells the log with which key a node signs bearer tokens, unless it knows: so that every node can verify them. */
export function announceNodeKey(
  standing: NodeKeyTable,
  nodeId: number,
  signingKey: KeyObject,
  outbox: CommandSink,
): void {
  if (isAnnounced(standing, nodeId, signingKey)) return;
  const publicKey = rawEd25519Bytes(createPublicKey(signingKey));
  const command: CommandInput<'AddNodeKey'> = {
    type: 'AddNodeKey',
    nodeId,
    publicKey,
    reason: 'the key with which the node signs bearer tokens',
  };
  const at = outbox.reserve(commandWords(command));
  // At the start the first turn has room for it; who announces later asks again.
  if (at !== -1) writeCommand(outbox.words, at, command);
}
