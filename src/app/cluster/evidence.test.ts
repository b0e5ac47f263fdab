import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { refuseEvidence, writeEvidence } from './evidence.ts';

test('evidence: what was written stays, and keeps the node from starting', () => {
  const directory = temporaryDirectory('evidence');
  refuseEvidence(directory);
  const peers = [{ nodeId: 2, epoch: 1, heardSeconds: 5, attestedSequence: 40, agrees: false }];
  const divergence = { nodeId: 1, sequence: 42, stateHash: '0123456789abcdef', peers };
  writeEvidence(directory, divergence);
  const path = join(directory, 'divergence.json');
  const { at, ...written } = JSON.parse(readFileSync(path, 'utf8')) as { at: string };
  assert.deepEqual(written, divergence);
  assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.throws(() => writeEvidence(directory, divergence), { code: 'EEXIST' });
  assert.throws(() => refuseEvidence(directory), {
    name: 'DivergedError',
    code: 'DIVERGED',
    message: /divergence\.json: this node's state differed .* start the node with an empty one/,
  });
});
