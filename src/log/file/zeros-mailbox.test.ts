import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ZEROS } from './disk.ts';
import { ZerosAsker, ZerosServer, zerosMailboxMemory } from './zeros-mailbox.ts';

const directory = mkdtempSync(join(tmpdir(), 'zeros-mailbox-'));
after(() => rmSync(directory, { recursive: true }));

function begin(): {
  ask(handle: number, from: number, to: number): Promise<Error | null>;
  server: ZerosServer;
} {
  const memory = zerosMailboxMemory();
  const asker = new ZerosAsker(memory);
  return {
    ask: (handle, from, to) => {
      // The asker's own timer does not keep the process.
      const alive = setInterval(() => {}, 1_000);
      const { promise, resolve } = Promise.withResolvers<Error | null>();
      asker.write(handle, from, to, (error) => {
        clearInterval(alive);
        resolve(error);
      });
      return promise;
    },
    server: new ZerosServer(memory),
  };
}

test('zeros that are asked for are written from where to where it says, one request after the other', async () => {
  const { ask, server } = begin();
  const path = join(directory, 'written');
  const expected = Buffer.alloc(ZEROS.length + 20, 1);
  writeFileSync(path, expected);
  const handle = openSync(path, 'r+');
  const outcomes: string[] = [];
  const first = ask(handle, 3, ZEROS.length + 5).then((error) => outcomes.push(`first: ${error}`));
  const second = ask(handle, ZEROS.length + 9, ZEROS.length + 10).then((error) =>
    outcomes.push(`second: ${error}`),
  );
  server.serve();
  expected.fill(0, 3, ZEROS.length + 5);
  assert.deepEqual(readFileSync(path), expected, 'the first one only');
  server.serve();
  assert.deepEqual(readFileSync(path), expected, 'what was served is not served again');
  await first;
  server.serve();
  await second;
  assert.deepEqual(outcomes, ['first: null', 'second: null']);
  expected.fill(0, ZEROS.length + 9, ZEROS.length + 10);
  assert.deepEqual(readFileSync(path), expected);
  closeSync(handle);
});

test('an error of the disk comes to who asked, with its code; the next request is served', async () => {
  const { ask, server } = begin();
  const path = join(directory, 'refused');
  const written = openSync(path, 'w');
  const readOnly = openSync(path, 'r');
  const refused = ask(readOnly, 0, 1);
  const taken = ask(written, 0, 1);
  server.serve();
  assert.equal(((await refused) as NodeJS.ErrnoException).code, 'EBADF');
  server.serve();
  assert.equal(await taken, null);
  assert.equal(readFileSync(path).length, 1);
  closeSync(written);
  closeSync(readOnly);
});
