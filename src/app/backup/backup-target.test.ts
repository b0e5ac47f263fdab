import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BUCKET, startS3Server } from '../../../test/support/s3-server.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { once } from './backup-set.ts';
import type { BackupTarget } from './backup-target.ts';
import { DirectoryTarget } from './directory-target.ts';
import { openTarget } from './open-target.ts';
import { S3Target } from './s3-target.ts';

const MIB = 1024 * 1024;

async function bytesOf(target: BackupTarget, name: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of target.get(name)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* pieces(count: number): AsyncGenerator<Uint8Array> {
  // The same memory each time, as who copies records does.
  const piece = Buffer.alloc(MIB);
  for (let at = 0; at < count; at++) yield piece.fill(at + 1);
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(10);
  throw new RangeError('the source is broken');
}

const names = async (target: BackupTarget, prefix: string): Promise<string[]> =>
  (await target.list(prefix)).map(({ name }) => name);

/** What every target promises. */
async function contract(target: BackupTarget): Promise<void> {
  assert.deepEqual(await target.list(''), []);
  await target.put('a/log/1', once(Buffer.from('one')));
  await target.put('a/log/2', once(new Uint8Array()));
  await target.put('a/b/3', once(Buffer.from('three')));
  assert.deepEqual(await names(target, ''), ['a/b/3', 'a/log/1', 'a/log/2']);
  assert.deepEqual(await names(target, 'a/log/'), ['a/log/1', 'a/log/2']);
  assert.deepEqual(await names(target, 'a/lo'), ['a/log/1', 'a/log/2']);
  const [{ bytes, modifiedMs }] = await target.list('a/log/1');
  assert.equal(bytes, 3);
  assert.ok(Math.abs(modifiedMs - Date.now()) < 60_000);
  assert.equal(String(await bytesOf(target, 'a/log/1')), 'one');
  assert.equal((await bytesOf(target, 'a/log/2')).length, 0);
  await target.put('a/log/1', once(Buffer.from('again')));
  assert.equal(String(await bytesOf(target, 'a/log/1')), 'again');
  // Larger than what one request takes.
  await target.put('a/large', pieces(37));
  const large = await bytesOf(target, 'a/large');
  assert.equal(large.length, 37 * MIB);
  for (let at = 0; at < 37; at++)
    assert.deepEqual([large[at * MIB], large[(at + 1) * MIB - 1]], [at + 1, at + 1]);
  await assert.rejects(bytesOf(target, 'a/log/9'), { code: 'MISSING' });
  await assert.rejects(target.put('a/broken', broken()), RangeError);
  await target.remove('a/log/1');
  await target.remove('a/log/1');
  await target.removeUnfinished(-60_000);
  assert.deepEqual(await names(target, ''), ['a/b/3', 'a/large', 'a/log/2']);
  await target.put('a/logs/4', once(Buffer.from('four')));
  await target.removeFolder('a/log');
  await target.removeFolder('a/log');
  assert.deepEqual(await names(target, ''), ['a/b/3', 'a/large', 'a/logs/4']);
}

test('a directory keeps what a target promises', async () => {
  await contract(openTarget(join(temporaryDirectory('backup-target'), 'not', 'there', 'yet')));
});

async function s3(t: TestContext) {
  const server = await startS3Server();
  t.after(() => server.close());
  return server;
}

test('a bucket keeps what a target promises, with a prefix and without', async (t) => {
  const { environment } = await s3(t);
  await contract(openTarget(`s3://${BUCKET}/venue/one`, environment));
  const whole = openTarget(`s3://${BUCKET}`, environment);
  assert.deepEqual(await names(whole, 'venue/'), [
    'venue/one/a/b/3',
    'venue/one/a/large',
    'venue/one/a/logs/4',
  ]);
});

test('a bucket: wrong credentials, no bucket, nobody there, no answer', async (t) => {
  const server = await s3(t);
  const { environment } = server;
  const wrong = openTarget(`s3://${BUCKET}`, { ...environment, AWS_SECRET_ACCESS_KEY: 'x' });
  await assert.rejects(wrong.list(''), { code: 'DENIED' });
  await assert.rejects(wrong.put('a', once(Buffer.from('a'))), { code: 'DENIED' });
  const none = openTarget('s3://nobucket', environment);
  await assert.rejects(none.put('a', once(Buffer.from('a'))), /no such bucket: make it first/);
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
  t.after(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const late = S3Target.open(
    `s3://${BUCKET}`,
    { ...environment, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
    100,
  );
  await assert.rejects(late.list(''), { code: 'UNREACHABLE', message: /no answer within 100 ms/ });
  await server.close();
  await assert.rejects(openTarget(`s3://${BUCKET}`, environment).list(''), { code: 'UNREACHABLE' });
});

test('openTarget: refuses what is no place, and a bucket without credentials', () => {
  const environment = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  for (const place of [
    '',
    'ftp://x',
    's3:/bucket',
    's3:bucket/x',
    'S3://bucket',
    'file:/srv/backups',
    's3://',
    's3://Bucket',
    's3://bucket/../x',
    's3://bucket/a//b',
    's3://bucket/./x',
  ]) {
    assert.throws(() => openTarget(place, environment), { code: 'UNUSABLE' }, place);
  }
  assert.ok(openTarget('./s3:', environment) instanceof DirectoryTarget);
  assert.throws(() => openTarget('s3://bucket', {}), /AWS_ACCESS_KEY_ID/);
  assert.equal(openTarget('s3://bucket/a/b/', environment).place, 's3://bucket/a/b/');
});

test('a directory that takes nothing says so', async () => {
  const root = temporaryDirectory('backup-target');
  writeFileSync(join(root, 'file'), '');
  const target = new DirectoryTarget(join(root, 'file'));
  await assert.rejects(target.put('a/b', once(Buffer.from('x'))), { code: 'UNREACHABLE' });
  // Writes of zero bytes to /dev/full succeed, others do not: a volume without room.
  const full = new DirectoryTarget('/dev');
  if (process.getuid?.() !== 0) {
    mkdirSync(join(root, 'closed'));
    chmodSync(join(root, 'closed'), 0o500);
    const closed = new DirectoryTarget(join(root, 'closed'));
    await assert.rejects(closed.put('a/b', once(Buffer.from('x'))), { code: 'DENIED' });
  }
  await assert.rejects(full.put('null/a', once(Buffer.from('x'))), { code: 'UNREACHABLE' });
});
