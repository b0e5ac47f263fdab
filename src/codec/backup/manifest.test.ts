import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackupKey } from './backup-key.ts';
import { type BackupManifest, decodeManifest, encodeManifest } from './manifest.ts';
import {
  backupId,
  forkName,
  manifestName,
  parseForkName,
  parseManifestName,
  parsePieceName,
  parseSnapshotName,
  pieceName,
  setOf,
  snapshotName,
} from './object-names.ts';

const HASH = '0123456789abcdef';
const SHA = HASH.repeat(4);
const piece = { line: 0, firstSequence: 5, lastSequence: 20 };
const id = backupId(new Date('2026-01-31T16:00:00.123Z'), 20, '00000001');

const manifest: BackupManifest = {
  formatVersion: 1,
  id,
  toolVersion: '0.1.0',
  createdAt: '2026-01-31T16:00:00.123Z',
  logId: '0f0e0d0c-0b0a-4908-8706-050403020100',
  nodeId: 1,
  epoch: 3,
  line: 0,
  isContinuous: false,
  keyId: 'plain',
  snapshot: {
    sequence: 10,
    timeSeconds: 1_800_000_000,
    timeNanos: 5,
    stateHash: HASH,
    coreVersion: 1,
    object: { name: snapshotName(0, 10, '00000002'), bytes: 100, sha256: SHA },
  },
  log: {
    firstSequence: 5,
    lastSequence: 20,
    lastTimeSeconds: 1_800_000_001,
    lastTimeNanos: 0,
    objects: [{ name: pieceName(piece, '00000003'), bytes: 1_000, sha256: SHA }],
  },
  stateHash: HASH,
};

const text = encodeManifest(manifest, undefined);
const decoded = (changed: string): BackupManifest => decodeManifest(changed, id, undefined);

test('names: each kind comes back from its text, and nothing else is one of them', () => {
  assert.equal(id, '20260131T160000Z-0000000000000020-00000001');
  assert.deepEqual(parsePieceName(pieceName(piece, 'abcdef01')), { ...piece, isLive: false });
  assert.deepEqual(parsePieceName(pieceName(piece, 'abcdef01', 7)), { ...piece, isLive: true });
  assert.deepEqual(parseSnapshotName(snapshotName(9, 8, 'abcdef01')), { line: 9, sequence: 8 });
  assert.deepEqual(parseForkName(forkName(9, 8)), { line: 9, afterSequence: 8 });
  assert.equal(parseManifestName(manifestName(id)), id);
  assert.deepEqual(setOf(`${manifest.logId}/plain/x`), { logId: manifest.logId, keyId: 'plain' });
  for (const name of ['', '../log/x', 'log/../../x', `${pieceName(piece, 'abcdef01')}/..`, '/etc/passwd']) {
    const parsed = [
      parsePieceName(name),
      parseSnapshotName(name),
      parseForkName(name),
      parseManifestName(name),
    ];
    assert.deepEqual(parsed, [undefined, undefined, undefined, undefined], name);
    assert.equal(setOf(name), undefined);
  }
  const backwards = pieceName({ line: 0, firstSequence: 5, lastSequence: 4 }, 'abcdef01');
  assert.equal(parsePieceName(backwards), undefined);
});

test('decodeManifest: what was encoded', () => {
  assert.deepEqual(decoded(text), manifest);
  const first = { ...manifest, snapshot: null, log: { ...manifest.log, firstSequence: 1 } };
  assert.deepEqual(decoded(encodeManifest(first, undefined)), first);
});

test('decodeManifest: refuses names that are none, and every field that has not its form', () => {
  const changes: ((m: Record<string, unknown> & BackupManifest) => object)[] = [
    (m) => ({ ...m, formatVersion: 2 }),
    (m) => ({ ...m, id: '20260131T160000Z-0000000000000020-00000009' }),
    (m) => ({ ...m, nodeId: '1' }),
    (m) => ({ ...m, epoch: -1 }),
    (m) => ({ ...m, line: 0.5 }),
    (m) => ({ ...m, createdAt: 'today' }),
    (m) => ({ ...m, stateHash: 'x' }),
    (m) => ({ ...m, snapshot: undefined }),
    (m) => ({ ...m, snapshot: null }),
    (m) => ({ ...m, log: null }),
    (m) => ({ ...m, snapshot: { ...m.snapshot, sequence: 11 } }),
    (m) => ({ ...m, log: { ...m.log, firstSequence: 12 } }),
    (m) => ({ ...m, log: { ...m.log, lastSequence: 9 } }),
    ...['../../etc/passwd', '/etc/passwd', 'log/..', pieceName(piece, '00000003', 1), 'snapshots/x'].map(
      (name) => (m: BackupManifest) => ({
        ...m,
        log: { ...m.log, objects: [{ ...m.log.objects[0], name }] },
      }),
    ),
    (m) => ({ ...m, log: { ...m.log, objects: [null] } }),
    (m) => ({ ...m, log: { ...m.log, objects: [{ ...m.log.objects[0], sha256: 'x' }] } }),
    (m) => ({
      ...m,
      snapshot: { ...m.snapshot, object: { ...m.snapshot?.object, name: 'snapshots/../../../x' } },
    }),
  ];
  for (const [index, change] of changes.entries()) {
    const changed = JSON.stringify(change(structuredClone(manifest) as never));
    assert.throws(() => decoded(`${changed}\n`), { code: 'DAMAGED' }, `change ${index}`);
  }
  for (const broken of ['', '{', 'null', '[]', '1']) {
    assert.throws(() => decoded(broken), { code: 'DAMAGED' }, broken);
  }
});

test('decodeManifest: with a key, only what somebody wrote who has it', () => {
  const key = BackupKey.generate();
  const proven = encodeManifest(manifest, key);
  assert.deepEqual(decodeManifest(proven, id, key), manifest);
  assert.deepEqual(decodeManifest(proven, id, undefined), manifest, 'who lists needs no key');
  for (const forged of [
    text,
    proven.replace('"nodeId": 1', '"nodeId": 2'),
    proven.replace(/proof ../, 'proof 00'),
    encodeManifest(manifest, BackupKey.generate()),
  ]) {
    assert.throws(() => decodeManifest(forged, id, key), { code: 'DAMAGED' });
  }
});
