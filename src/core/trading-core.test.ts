import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvents } from '#codec/log/events.ts';
import type { Event } from '#codec/log/record-types.ts';
import { AddAsset, CommandType, SetCoreVersion } from '#domain/commands.ts';
import type { EventSink } from '#domain/ports.ts';
import { RejectCode } from '#domain/rejects.ts';
import { AssertionError } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { CORE_VERSION_INITIAL, CORE_VERSION_MAX, CoreVersionError } from './core-version.ts';
import { RECORD_AT, record } from './registry/test-venue.ts';
import { TradingCore } from './trading-core.ts';

const NOWHERE: EventSink = { onEvents: () => {} };
const CAPACITY = {
  ordersMax: 16,
  instrumentsMax: 2,
  accountsMax: 2,
  usersMax: 2,
  assetsMax: 2,
  nodesMax: 2,
} as const;

/** A core that has applied one entry: an asset, at sequence 7 and 100.5 seconds. */
function smallCore(): TradingCore {
  const core = new TradingCore(NOWHERE, CAPACITY);
  const words = record(AddAsset, { assetId: 1, decimals: 2, symbol: 'USD' });
  words.i32[RECORD_AT] = CommandType.AddAsset | (AddAsset.words << 16);
  core.begin(7, 100, 500_000_000, 1, 1, 1);
  core.apply(words, RECORD_AT);
  core.end();
  return core;
}

function restoredFrom(core: TradingCore, sink: EventSink): TradingCore {
  const restored = new TradingCore(sink, CAPACITY);
  const stores = core.stores();
  for (const [index, store] of restored.stores().entries()) {
    store.rows = 0;
    store.restore(stores[index].rows, stores[index].images());
  }
  restored.restored();
  return restored;
}

test('describe after a restore: images carry the sequence and the time of the image', () => {
  const stamps: number[][] = [];
  const onEvents = ({ i32, f64 }: WordBuffer, from: number): void => {
    stamps.push([f64[(from + 2) >> 1], i32[from + 4], i32[from + 5]]);
  };
  restoredFrom(smallCore(), { onEvents }).describe({ liveOrders: false, restingOrders: false });
  assert.deepEqual(stamps, [[7, 100, 500_000_000]]);
});

test('core version: a fresh core starts at the first, and an image of one that this build lacks is refused', () => {
  const core = smallCore();
  assert.equal(CORE_VERSION_INITIAL, 1);
  assert.equal(core.state.coreVersion, 1);
  for (const version of [0, CORE_VERSION_MAX + 1]) {
    core.state.coreVersion = version;
    assert.throws(() => restoredFrom(core, NOWHERE), new CoreVersionError(version));
  }
  core.state.coreVersion = CORE_VERSION_MAX;
  assert.equal(restoredFrom(core, NOWHERE).state.coreVersion, CORE_VERSION_MAX);
});

test('SetCoreVersion: only the version in force and the next one have a meaning, whatever the build has', () => {
  const events: Event[] = [];
  const core = new TradingCore(
    { onEvents: (words, from, to) => events.push(...readEvents(words, from, to)) },
    CAPACITY,
  );
  /** Applies SetCoreVersion in an entry of its own, and says what came of it. */
  const switchTo = (version: number, userId = 0): (string | number)[] => {
    const words = record(SetCoreVersion, { version, userId });
    words.i32[RECORD_AT] = CommandType.SetCoreVersion | (SetCoreVersion.words << 16);
    const sequence = core.sequence + 1;
    core.begin(sequence, 101, 0, 1, 1, sequence);
    core.apply(words, RECORD_AT);
    core.end();
    return events
      .splice(0)
      .map((event) => (event.type === 'CommandRejected' ? event.rejectCode : event.type));
  };
  const next = CORE_VERSION_MAX + 1;
  core.state.coreVersion = CORE_VERSION_MAX;
  for (const version of [0, next + 1, 99, 2 ** 32 - 1]) {
    assert.deepEqual(switchTo(version), [RejectCode.UNSUPPORTED_CORE_VERSION], `${version}`);
  }
  for (let repeat = 0; repeat < 2; repeat++) {
    assert.deepEqual(switchTo(CORE_VERSION_MAX), ['CoreVersionSet', 'CommandAccepted']);
  }
  assert.equal(core.state.coreVersion, CORE_VERSION_MAX);
  assert.deepEqual(switchTo(next, 7), [RejectCode.UNKNOWN_USER]);
  const entry = core.sequence + 1;
  assert.throws(() => switchTo(next), new CoreVersionError(next, entry));
  assert.equal(
    new CoreVersionError(next, entry).message,
    `entry ${entry} switches to core version ${next}, this build has 1 to ${CORE_VERSION_MAX}. Start a build that has it`,
  );
  assert.deepEqual(events, []);
});

test('begin: repeats of known nodes are ignored, a node beyond the limit stops the process', () => {
  const core = new TradingCore(NOWHERE, CAPACITY);
  assert.equal(core.begin(1, 1, 0, 10, 1, 1), true);
  assert.equal(core.begin(2, 1, 0, 20, 1, 1), true);
  assert.equal(core.begin(3, 1, 0, 10, 1, 1), false);
  assert.throws(
    () => core.begin(4, 1, 0, 30, 1, 1),
    new AssertionError('Condition: at most Limits.NODES_MAX nodes ever append to one log'),
  );
});
