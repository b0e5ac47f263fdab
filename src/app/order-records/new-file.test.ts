import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs, { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeDisk } from '#log/file/disk.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { NewFile } from './new-file.ts';

test('NewFile: is not there until it is whole, and then for its owner alone', () => {
  const directory = temporaryDirectory('new-file');
  const path = join(directory, 'a.csv');
  const file = new NewFile(path);
  const text = 'é'.repeat(100_000);
  file.write(text);
  file.write('end\r\n');
  assert.deepEqual(readdirSync(directory), [`a.csv.${process.pid}.unfinished`]);
  assert.equal(statSync(join(directory, `a.csv.${process.pid}.unfinished`)).mode & 0o777, 0o600);
  assert.equal(file.end(), createHash('sha256').update(`${text}end\r\n`).digest('hex'));
  assert.deepEqual(readdirSync(directory), ['a.csv']);
  assert.equal(readFileSync(path, 'utf8'), `${text}end\r\n`);
});

test('NewFile: what is discarded leaves nothing', () => {
  const directory = temporaryDirectory('new-file');
  const file = new NewFile(join(directory, 'a.csv'));
  file.write('a');
  file.discard();
  assert.deepEqual(readdirSync(directory), []);
});

test('NewFile: takes the place of nothing, be it there before or made meanwhile', () => {
  const directory = temporaryDirectory('new-file');
  const path = join(directory, 'a.csv');
  const link = join(directory, 'link.csv');
  symlinkSync('nowhere', link);
  assert.throws(() => new NewFile(link), {
    code: 'EEXIST',
    message: `${link} is there already: name a new file`,
  });
  const file = new NewFile(path);
  file.write('ours');
  writeFileSync(path, 'theirs');
  assert.throws(() => file.end(), { code: 'EEXIST', message: `${path} is there already: name a new file` });
  file.discard();
  assert.equal(readFileSync(path, 'utf8'), 'theirs');
  assert.deepEqual(readdirSync(directory).sort(), ['a.csv', 'link.csv']);
});

test('NewFile: what a run with its number left, which was killed, is named', () => {
  const path = join(temporaryDirectory('new-file'), 'a.csv');
  const unfinished = `${path}.${process.pid}.unfinished`;
  writeFileSync(unfinished, 'half');
  assert.throws(() => new NewFile(path), {
    code: 'EEXIST',
    message: `${unfinished} is there already: remove it where no other run is writing it, or name another file`,
  });
  assert.equal(readFileSync(unfinished, 'utf8'), 'half');
});

test('NewFile: a folder that cannot be synced is told as that, and what is discarded then is gone once', (t) => {
  const directory = temporaryDirectory('new-file');
  const path = join(directory, 'a.csv');
  const file = new NewFile(path);
  file.write('a');
  const broken = new Error('EINVAL: invalid argument, fsync');
  t.mock.method(nodeDisk, 'syncDirectory', () => {
    throw broken;
  });
  assert.throws(() => file.end(), broken);
  file.discard();
  assert.deepEqual(readdirSync(directory), ['a.csv']);
});

test('NewFile: on a disk that has no second names for a file it takes its name all the same, and nobody’s place', (t) => {
  const directory = temporaryDirectory('new-file');
  t.mock.method(fs, 'linkSync', () => {
    throw Object.assign(new Error('EPERM: operation not permitted, link'), {
      code: 'EPERM',
      syscall: 'link',
    });
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.reset();
    syncBuiltinESMExports();
  });
  const path = join(directory, 'a.csv');
  const file = new NewFile(path);
  const late = new NewFile(join(directory, 'b.csv'));
  file.write('ours');
  file.end();
  assert.equal(readFileSync(path, 'utf8'), 'ours');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(join(directory, 'b.csv'), 'theirs');
  assert.throws(() => late.end(), { code: 'EEXIST' });
  late.discard();
  assert.equal(readFileSync(join(directory, 'b.csv'), 'utf8'), 'theirs');
  assert.deepEqual(readdirSync(directory).sort(), ['a.csv', 'b.csv']);
});
