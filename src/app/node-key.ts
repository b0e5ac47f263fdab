import { createPublicKey, type KeyObject } from 'node:crypto';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import type { NodeKeyTable } from '#core/registry/node-keys.ts';
import type { CommandSink } from '#domain/ports.ts';
import { rawEd25519Bytes } from '#gateways/identity/ed25519.ts';

const KEY_WORDS = 8;

/** Tells the log with which key a node signs bearer tokens, unless it knows: so that every node can verify them. */
export function announceNodeKey(
  standing: NodeKeyTable,
  nodeId: number,
  signingKey: KeyObject,
  outbox: CommandSink,
): void {
  const publicKey = rawEd25519Bytes(createPublicKey(signingKey));
  const row = standing.rowOf(nodeId);
  const words = standing.publicKey.subarray(row * KEY_WORDS, (row + 1) * KEY_WORDS);
  if (row !== -1 && publicKey.equals(new Uint8Array(words.slice().buffer))) return;
  const command: CommandInput<'AddNodeKey'> = {
    type: 'AddNodeKey',
    nodeId,
    publicKey,
    reason: 'the key with which the node signs bearer tokens',
  };
  const at = outbox.reserve(commandWords(command));
  // The first turn has room for it: this node takes no commands any more.
  if (at !== -1) writeCommand(outbox.words, at, command);
}
