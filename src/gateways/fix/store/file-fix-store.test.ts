import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fixBytes, fixText } from '#codec/fix/test-support.ts';
import { openFiles } from '../../../../test/support/open-files.ts';
import { temporaryDirectory } from '../../../../test/support/temporary-directory.ts';
import { FileFixStore, type FileFixStoreOptions } from './file-fix-store.ts';
import { FileFixStores } from './file-fix-stores.ts';
import { FixStoreError, type StoredMessage, StoreRead } from './fix-store.ts';
import { testFixStores } from './store-contract.ts';

const root = temporaryDirectory('fix-store');
let directories = 0;
const newDirectory = (): string => join(root, String(directories++));

testFixStores('files', async () => new FileFixStores(newDirectory(), 16_384));

function open(directory: string, options: Partial<FileFixStoreOptions> = {}, nowMs = 1_000): FileFixStore {
  return new FileFixStore(directory, nowMs, { messageBytesMax: 512, bootId: 'boot-1', ...options });
}

/** Appends an application message with such a text. */
function append(store: FileFixStore, text: string, report = 0): void {
  const bytes = fixBytes(`..8|header|58=${text}|..`);
  store.append(5_000 + store.nextOutgoing, report === 0 ? 0 : 1, report, bytes, 2, 4, 11, bytes.length - 2);
}

/** The stored message as text; undefined: none. */
function read(store: FileFixStore, number: number): string | undefined {
  const stored: StoredMessage = {
    bytes: new Uint8Array(0),
    typeFrom: 0,
    typeTo: 0,
    from: 0,
    to: 0,
    sendingTimeMs: 0,
  };
  if (store.read(number, stored) === StoreRead.None) return undefined;
  assert.equal(stored.sendingTimeMs, 5_000 + number);
  return `${fixText(stored.bytes, stored.typeFrom, stored.typeTo)} ${fixText(stored.bytes, stored.from, stored.to)}`;
}

function state(store: FileFixStore): number[] {
  const { createdMs, nextIncoming, nextOutgoing } = store;
  return [createdMs, nextIncoming, nextOutgoing, Math.max(0, store.lastReport(1))];
}

/** A copy of the files as they are now: what a kill -9 would leave. */
function copy(directory: string): string {
  const target = newDirectory();
  mkdirSync(target);
  for (const name of readdirSync(directory)) copyFileSync(join(directory, name), join(target, name));
  return target;
}

test('store: numbers, messages and the last report come back after a close and after a kill', () => {
  const directory = newDirectory();
  const store = open(directory);
  assert.deepEqual(state(store), [1_000, 1, 1, 0]);
  store.setNextIncoming(2, 2);
  store.skipOutgoing();
  append(store, 'one', 7);
  append(store, 'two', 5);
  store.skipOutgoing();
  store.flush();
  for (const where of [copy(directory), directory]) {
    if (where === directory) store.close();
    const again = open(where, {}, 9_999);
    assert.deepEqual(state(again), [1_000, 2, 5, 7]);
    assert.deepEqual(
      [1, 2, 3, 4, 5, 0].map((number) => read(again, number)),
      [undefined, '8 58=one|', '8 58=two|', undefined, undefined, undefined],
    );
    again.close();
  }
});

test('store: a message that was not flushed is read too', () => {
  const store = open(newDirectory());
  append(store, 'one');
  assert.equal(read(store, 1), '8 58=one|');
  store.close();
});

test('store: cut at any byte, it holds what was whole, and goes on', () => {
  const directory = newDirectory();
  const store = open(directory);
  const ends: { bytes: number; outgoing: number; incoming: number }[] = [];
  const file = join(directory, '00000001.fix');
  for (let i = 1; i <= 6; i++) {
    store.setNextIncoming(i + 1, i + 1);
    append(store, `message ${i}`, i);
    store.flush();
    ends.push({ bytes: statSync(file).size, outgoing: store.nextOutgoing, incoming: store.nextIncoming });
  }
  const whole = readFileSync(file);
  for (let bytes = 0; bytes <= whole.length; bytes++) {
    const cut = newDirectory();
    mkdirSync(cut);
    writeFileSync(join(cut, '00000001.fix'), whole.subarray(0, bytes));
    const again = open(cut);
    const { outgoing, incoming } = ends.findLast((end) => end.bytes <= bytes) ?? { outgoing: 1, incoming: 1 };
    // A turn's message is before its numbers: it may be there without them.
    assert.ok(again.nextOutgoing === outgoing || again.nextOutgoing === outgoing + 1, `cut at ${bytes}`);
    assert.equal(again.nextIncoming, incoming, `cut at ${bytes}`);
    for (let number = 1; number < again.nextOutgoing; number++) {
      assert.equal(read(again, number), `8 58=message ${number}|`, `cut at ${bytes}`);
    }
    append(again, 'next');
    const next = again.nextOutgoing - 1;
    again.close();
    const third = open(cut);
    assert.equal(read(third, next), '8 58=next|', `cut at ${bytes}`);
    third.close();
  }
  store.close();
});

test('store: a flipped bit costs what is behind it, and nothing false is read', () => {
  const directory = newDirectory();
  const store = open(directory);
  for (let i = 1; i <= 3; i++) {
    append(store, `message ${i}`);
    store.flush();
  }
  store.close();
  const whole = readFileSync(join(directory, '00000001.fix'));
  for (let bit = 0; bit < whole.length * 8; bit += 37) {
    const flipped = newDirectory();
    mkdirSync(flipped);
    const bytes = Buffer.from(whole);
    bytes[bit >> 3] ^= 1 << (bit & 7);
    writeFileSync(join(flipped, '00000001.fix'), bytes);
    const again = open(flipped);
    for (let number = 1; number <= 3; number++) {
      const found = read(again, number);
      assert.ok(found === undefined || found === `8 58=message ${number}|`, `bit ${bit}: ${found}`);
    }
    again.close();
  }
});

test('store: after a power cut no number is used twice, whatever the files have lost', () => {
  const directory = newDirectory();
  const store = open(directory);
  append(store, 'sent');
  store.flush();
  const durable = statSync(join(directory, '00000001.fix')).size;
  for (let i = 0; i < 100; i++) append(store, 'sent too');
  store.flush();
  const sent = store.nextOutgoing - 1;
  const cut = copy(directory);
  truncateSync(join(cut, '00000001.fix'), durable);
  const killed = open(copy(cut));
  assert.ok(killed.nextOutgoing <= sent, 'the same start of the system: the files are the truth');
  killed.close();
  const restarted = open(cut, { bootId: 'boot-2' });
  assert.ok(restarted.nextOutgoing > sent);
  const killedAtOnce = open(copy(cut), { bootId: 'boot-2' });
  assert.ok(killedAtOnce.nextOutgoing > sent, 'also when the first process after it has written nothing');
  killedAtOnce.close();
  assert.equal(read(restarted, 1), '8 58=sent|');
  restarted.close();
  store.close();
});

test('store: a clean close needs no reserve', () => {
  const directory = newDirectory();
  const store = open(directory);
  append(store, 'one');
  store.close();
  const again = open(directory, { bootId: 'boot-2' });
  assert.equal(again.nextOutgoing, 2);
  append(again, 'two');
  again.flush();
  const third = open(copy(directory), { bootId: 'boot-3' });
  assert.ok(third.nextOutgoing > 3);
  third.close();
  again.close();
});

test('store: each stream has its own last report, noted or sent, and one that has not begun has none', () => {
  const directory = newDirectory();
  const store = open(directory);
  assert.equal(store.lastReport(7), -1);
  store.noteReport(7, 0);
  append(store, 'one', 3);
  store.noteReport(9, 12);
  store.noteReport(9, 11);
  const last = (of: FileFixStore): number[] => [7, 1, 9, 8].map((stream) => of.lastReport(stream));
  assert.deepEqual(last(store), [0, 3, 12, -1]);
  store.flush();
  const killed = open(copy(directory));
  assert.deepEqual(last(killed), [0, 3, 12, -1]);
  killed.close();
  store.reset(2_000);
  store.close();
  const again = open(directory);
  assert.deepEqual(last(again), [0, 3, 12, -1]);
  again.close();
});

test('store: a reset begins the numbers anew, keeps the last report, and removes the messages', () => {
  const directory = newDirectory();
  const store = open(directory);
  append(store, 'one', 3);
  store.setNextIncoming(9, 9);
  store.reset(2_000);
  assert.deepEqual(state(store), [2_000, 1, 1, 3]);
  assert.equal(read(store, 1), undefined);
  assert.deepEqual(readdirSync(directory), ['00000002.fix']);
  append(store, 'new one', 4);
  store.flush();
  const killed = open(copy(directory));
  assert.deepEqual(state(killed), [2_000, 1, 2, 4]);
  assert.equal(read(killed, 1), '8 58=new one|');
  killed.close();
  store.close();
});

test('store: files of before a reset that a crash left are not read', () => {
  const directory = newDirectory();
  const store = open(directory);
  append(store, 'old');
  store.flush();
  const crashed = copy(directory);
  store.reset(2_000);
  store.close();
  copyFileSync(join(directory, '00000002.fix'), join(crashed, '00000002.fix'));
  const again = open(crashed);
  assert.deepEqual(state(again), [2_000, 1, 1, 0]);
  assert.equal(read(again, 1), undefined);
  assert.deepEqual(readdirSync(crashed), ['00000002.fix']);
  again.close();
});

test('store: files of before a reset in the millisecond in which the store began are not read', () => {
  const directory = newDirectory();
  const store = open(directory);
  append(store, 'old');
  store.flush();
  const crashed = copy(directory);
  store.reset(1_000);
  store.close();
  copyFileSync(join(directory, '00000002.fix'), join(crashed, '00000002.fix'));
  const again = open(crashed);
  assert.equal(read(again, 1), undefined);
  assert.deepEqual(readdirSync(crashed), ['00000002.fix']);
  again.close();
});

test('store: it takes no more files than it may, and forgets the oldest messages', () => {
  const directory = newDirectory();
  const options = { segmentBytesMax: 1_024, segmentsMax: 3 };
  const store = open(directory, options);
  for (let i = 1; i <= 200; i++) {
    append(store, `message ${i}`, i);
    store.flush();
  }
  assert.equal(readdirSync(directory).length, 3);
  assert.equal(read(store, 1), undefined);
  assert.equal(read(store, 200), '8 58=message 200|');
  store.close();
  const again = open(directory, options);
  assert.deepEqual(state(again), [1_000, 1, 201, 200]);
  assert.equal(read(again, 200), '8 58=message 200|');
  again.close();
});

test('store: one that cannot be opened leaves no file open', () => {
  const directory = newDirectory();
  open(directory).close();
  mkdirSync(join(directory, '00000002.fix'));
  assert.throws(() => open(directory), FixStoreError);
  assert.deepEqual(openFiles(directory), []);
});

test('store: one that cannot be written leaves no file open, and what was stored before', async () => {
  const directory = newDirectory();
  const store = open(directory, { segmentBytesMax: 1_024 });
  append(store, 'one');
  store.flush();
  // The next file cannot be made.
  mkdirSync(join(directory, '00000002.fix'));
  assert.deepEqual(openFiles(directory), [join(directory, '00000001.fix')]);
  assert.throws(() => store.reset(2_000), FixStoreError);
  assert.deepEqual(openFiles(directory), []);
  await store.close();
  rmdirSync(join(directory, '00000002.fix'));
  const again = open(directory);
  assert.deepEqual(state(again), [1_000, 1, 2, 0]);
  assert.equal(read(again, 1), '8 58=one|');
  again.close();
});

test('store: files of another format are refused by name', () => {
  const directory = newDirectory();
  mkdirSync(join(directory, '00000001.fix'), { recursive: true });
  assert.throws(
    () => open(directory),
    (error) => error instanceof FixStoreError && error.message.includes(directory),
  );
});

test('store: a process that is killed while it writes loses nothing that it flushed', async () => {
  const directory = newDirectory();
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('test-store-writer.ts', import.meta.url)), directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.split('\n').length > 500) break;
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  const flushed = Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1));
  assert.ok(flushed >= 499);
  const store = open(directory);
  assert.ok(store.nextOutgoing > flushed && store.lastReport(1) >= flushed);
  for (let number = 1; number <= flushed; number++)
    assert.equal(read(store, number), `8 58=message ${number}|`);
  store.close();
});
