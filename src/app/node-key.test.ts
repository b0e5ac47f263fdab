import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { encodeCommand } from '#codec/log/commands.ts';
import { TestSink } from '#codec/ouch/test-support.ts';
import { NodeKeyTable } from '#core/registry/node-keys.ts';
import { rawEd25519Bytes } from '#gateways/identity/ed25519.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { announceNodeKey } from './node-key.ts';

test('a node announces its key when the log lacks it or has another, and only then', () => {
  const table = new NodeKeyTable();
  const sink = new TestSink();
  const [first, second] = [
    generateKeyPairSync('ed25519').privateKey,
    generateKeyPairSync('ed25519').privateKey,
  ];
  /** What is announced, taken up by the table as the core does. */
  const announced = (nodeId: number, key: typeof first) => {
    announceNodeKey(table, nodeId, key, sink);
    return sink.take().map((command) => {
      assert.ok(command.type === 'AddNodeKey');
      table.add(WordBuffer.copyOf(encodeCommand(command)), 0);
      const isOurs = rawEd25519Bytes(createPublicKey(key)).equals(command.publicKey);
      return [command.userId, command.nodeId, isOurs];
    });
  };
  assert.deepEqual(announced(3, first), [[0, 3, true]]);
  assert.deepEqual(announced(3, first), []);
  assert.deepEqual(announced(65_535, first), [[0, 65_535, true]]);
  assert.deepEqual(announced(3, second), [[0, 3, true]]);
  assert.deepEqual(announced(3, second), []);
  assert.deepEqual(announced(65_535, first), []);
});
