import assert from 'node:assert/strict';
import fs, { constants, readFileSync, readlinkSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, join } from 'node:path';
import { before, test } from 'node:test';
import { DirectoryTarget } from '#app/backup/directory-target.ts';
import { TradingCore } from '#core/trading-core.ts';
import { openDataDirectory } from '#log/file/data-directory.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { writeFileDurably } from '#log/file/durable-file.ts';
import { LogFixture } from '#log/file/log-fixture.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { writeSnapshot } from '#replica/snapshot-file.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

/*
 * What the platform asks of the real disk, and in which order. The tests of power cuts put a disk in memory in its place, so that they
 * hold whatever the real one is asked.
 */

const skip = process.platform === 'linux' ? false : 'needs /proc';
/** Calls of node:fs that bring something to stable storage or give it its name, with the file's name. */
let calls: string[] = [];

before(() => {
  for (const name of ['fsyncSync', 'fdatasyncSync'] as const) {
    const real = fs[name];
    fs[name] = (handle) => {
      calls.push(`${name === 'fsyncSync' ? 'sync' : 'datasync'} ${nameOf(handle)}`);
      real(handle);
    };
  }
  const { renameSync } = fs;
  fs.renameSync = (from, to) => {
    calls.push(`rename ${basename(String(from))} ${basename(String(to))}`);
    renameSync(from, to);
  };
  syncBuiltinESMExports();
});

function nameOf(handle: number): string {
  return basename(readlinkSync(`/proc/self/fd/${handle}`));
}

/** The calls that `act` makes. */
function callsOf(act: () => void): string[] {
  calls = [];
  act();
  return calls;
}

test('the log writes to handles whose writes are on stable storage when they return', { skip }, () => {
  const path = join(temporaryDirectory('durable'), 'segment');
  for (const handle of [nodeDisk.create(path), nodeDisk.openWrite(path)]) {
    const [, flags] = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${handle}`, 'utf8'))!;
    assert.equal(Number.parseInt(flags, 8) & constants.O_DSYNC, constants.O_DSYNC);
    nodeDisk.close(handle);
  }
});

test('a commit of 500 entries is one write', () => {
  const writes: number[] = [];
  const disk = {
    ...nodeDisk,
    write: (...given: Parameters<typeof nodeDisk.write>) => {
      writes.push(given[3]);
      return nodeDisk.write(...given);
    },
  };
  const fixture = new LogFixture(disk, join(temporaryDirectory('durable'), 'log'), 256 * 1024);
  const log = fixture.create();
  fixture.commit(log, 16);
  writes.length = 0;
  fixture.commit(log, ...new Array<number>(500).fill(16));
  assert.equal(writes.length, 1);
  assert.equal(fixture.delivered.entries.length, 501);
  log.close();
});

test('a new log has its name on stable storage before it is used', { skip }, () => {
  const directory = join(temporaryDirectory('durable'), 'log');
  const made = callsOf(() => new LogFixture(nodeDisk, directory).create().close());
  assert.ok(made.includes('sync log'), made.join(', '));
});

test('a new data directory has its name on stable storage, and so have those above that were made with it', {
  skip,
}, () => {
  const parent = temporaryDirectory('durable');
  const path = join(parent, 'venue', 'node', 'data');
  const options = { clock: new ManualClock(), segmentBytes: 64 * 1024 };
  const made = callsOf(() => openDataDirectory(path, options).close());
  for (const name of [basename(parent), 'venue', 'node', 'data'])
    assert.ok(made.includes(`sync ${name}`), name);
});

test('a small file is on stable storage before it takes the name, and the name is when the call returns', {
  skip,
}, () => {
  const directory = temporaryDirectory('durable');
  assert.deepEqual(
    callsOf(() => writeFileDurably(join(directory, 'epoch'), '1\n')),
    ['sync epoch.unfinished', 'rename epoch.unfinished epoch', `sync ${basename(directory)}`],
  );
});

test('a backup object is on stable storage when it is stored, with every directory that was made for it', {
  skip,
}, async (t) => {
  const synced: string[] = [];
  const real = fs.promises.open;
  t.mock.method(fs.promises, 'open', async (...given: Parameters<typeof real>) => {
    const handle = await real(...given);
    const sync = handle.sync.bind(handle);
    handle.sync = () => {
      synced.push(nameOf(handle.fd));
      return sync();
    };
    return handle;
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  const parent = temporaryDirectory('durable');
  const target = new DirectoryTarget(join(parent, 'target'));
  const source = async function* () {
    yield Buffer.from('piece');
  };
  await target.put('log/live/one', source());
  assert.deepEqual(synced.sort(), [basename(parent), 'live', 'log', 'target'].sort());
  synced.length = 0;
  await target.put('log/live/two', source());
  assert.deepEqual(synced, ['live']);
});

test('a snapshot is on stable storage before it takes its name, and the name is when the call returns', {
  skip,
}, () => {
  const directory = join(temporaryDirectory('durable'), 'snapshots');
  const core = new TradingCore({ onEvents: () => {} }, { ordersMax: 100, accountsMax: 8, usersMax: 8 });
  const name = 'snapshot-0000000000000000.hms';
  const made = callsOf(() => void writeSnapshot(directory, core, LogFixture.logId.uuid));
  assert.deepEqual(
    made.filter((call) => !call.startsWith('datasync')),
    [`sync ${name}.tmp`, `rename ${name}.tmp ${name}`, 'sync snapshots'],
  );
});
