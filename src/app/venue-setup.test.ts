import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readEntry } from '#codec/log/entries.ts';
import { readEvents } from '#codec/log/events.ts';
import type { Command, Event } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { Role } from '#domain/commands.ts';
import type { EventSink } from '#domain/ports.ts';
import { RejectCode } from '#domain/rejects.ts';
import { verifyPassword } from '#gateways/identity/password.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf } from '#log/recording-reader.ts';
import { Outbox } from '#replica/outbox.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import type { VenueDefinition } from './config/compile-venue.ts';
import { parseConfiguration } from './config/configuration.ts';
import { EventFan } from './event-fan.ts';
import { addFirstAdmin, type FirstAdmin } from './first-admin.ts';
import { type VenueHost, VenueSetupError } from './operator.ts';
import { setUpVenue } from './venue-setup.ts';

const directory = temporaryDirectory('venue');

const CAPACITY = {
  ordersMax: 64,
  instrumentsMax: 16,
  accountsMax: 64,
  usersMax: 64,
  assetsMax: 16,
  nodesMax: 4,
  apiKeysMax: 16,
  sessionsMax: 16,
};

/** Order paths in memory that share a log; each keeps the events of every entry. */
function memoryHosts(count: number): MemoryHost[] {
  const hosts: MemoryHost[] = [];
  const log = new MemoryLog(
    new ManualClock(),
    followerOf((...entry) => {
      for (const host of hosts) host.apply(entry);
    }),
  );
  for (let nodeId = 1; nodeId <= count; nodeId++) hosts.push(new MemoryHost(nodeId, log));
  return hosts;
}

class MemoryHost implements VenueHost {
  readonly outbox: Outbox;
  readonly core: TradingCore;
  /** Events by entry. */
  readonly entries: Event[][] = [];
  readonly commands: Command[] = [];
  readonly #fan = new EventFan();
  readonly #nodeId: number;

  constructor(nodeId: number, log: MemoryLog) {
    this.#nodeId = nodeId;
    this.core = new TradingCore(this.#fan, CAPACITY);
    this.outbox = new Outbox(nodeId, 1, () =>
      setImmediate(() => {
        this.outbox.drain(log);
        log.commit();
      }),
    );
    this.#fan.add({
      onEvents: (words, from, to) => this.entries.at(-1)?.push(...readEvents(words, from, to)),
    });
  }

  apply(entry: Parameters<TradingCore['applyEntry']>): void {
    this.entries.push([]);
    const [, , , words, from, to] = entry;
    const { nodeId, commands } = readEntry(words, from, to);
    this.commands.push(...commands);
    this.#fan.isForeign = nodeId !== this.#nodeId;
    this.core.applyEntry(...entry);
  }

  subscribe(sink: EventSink): () => void {
    return this.#fan.add(sink);
  }

  describe(sink: EventSink): void {
    this.#fan.only(sink, () => this.core.describe({ liveOrders: true, restingOrders: true }));
  }

  types(): string[] {
    return this.entries.map((events) =>
      events
        .map(({ type }) => type)
        .filter((type) => type !== 'CommandAccepted')
        .join(' '),
    );
  }
}

function venueOf(users: string, staff = ''): VenueDefinition {
  const { venue } = parseConfiguration(
    join(directory, 'hive.yaml'),
    `venue:
  assets: [{ id: 1, symbol: USD, decimals: 2 }, { id: 2, symbol: BTC, decimals: 8 }]
  instruments:
    - { id: 1, symbol: BTCUSD, base: BTC, quote: USD, tick: 0.01, lot: 0.001, maxQuantity: 100,
        schedule: [{ at: "08:00:00", phase: continuous }] }
  accounts:
    - { id: 7, deposits: { USD: 100.5, BTC: 2 }, limits: { ordersMax: 5 }, users: [${users}] }
  staff: [${staff}]
`,
  );
  return venue as VenueDefinition;
}

test('venue set-up: adds everything once, each account whole in one entry', async () => {
  const [host] = memoryHosts(1);
  const venue = venueOf('{ id: 1, name: ANN }');
  const first = await setUpVenue(host, venue);
  assert.equal(first.added, 5);
  assert.deepEqual(first.warnings, []);
  const steps = [
    'AssetAdded',
    'AssetAdded',
    'InstrumentAdded ScheduleSet',
    'AccountAdded LedgerPosted LedgerPosted AccountLimitsSet UserAdded',
  ];
  assert.deepEqual(host.types(), steps);
  const again = await setUpVenue(host, venue);
  assert.deepEqual(again, { added: 0, users: [], warnings: [] });
  assert.deepEqual(host.types(), steps, 'nothing was sent');
});

test('venue set-up: nodes that do it at once add everything once, each deposit too', async () => {
  const hosts = memoryHosts(3);
  const venue = venueOf('{ id: 1, name: ANN }', '{ id: 3, name: Rita, role: risk }');
  const setups = await Promise.all(hosts.map((host) => setUpVenue(host, venue)));
  assert.equal(
    setups.reduce((sum, { added }) => sum + added, 0),
    6,
  );
  assert.deepEqual(
    setups.flatMap(({ warnings }) => warnings),
    [],
  );
  // Only the password that the venue has is told.
  const users = setups.flatMap((setup) => setup.users);
  assert.deepEqual(users.map(({ name }) => name).toSorted(), ['ANN', 'Rita']);
  const events = hosts[0].entries.flat();
  for (const event of events) {
    if (event.type !== 'UserAdded') continue;
    const { generatedPassword } = users.find(({ userId }) => userId === event.newUserId) ?? {};
    assert.equal(await verifyPassword(event, generatedPassword ?? ''), true, event.name);
  }
  const postings = events.flatMap((event) => (event.type === 'LedgerPosted' ? [event] : []));
  assert.deepEqual(
    postings.map(({ assetId, balanceMinor }) => [assetId, balanceMinor]),
    [
      [1, 10_050],
      [2, 200_000_000],
    ],
  );
  const refusals = events.flatMap((event) => (event.type === 'CommandRejected' ? [event.rejectCode] : []));
  assert.deepEqual(
    new Set(refusals),
    new Set([RejectCode.ALREADY_EXISTS, RejectCode.DUPLICATE_REQUEST_ID]),
    'they did it at once',
  );
});

test('venue set-up: nodes that do it at once and differ warn of it', async () => {
  const hosts = memoryHosts(2);
  const venue = venueOf('{ id: 1, name: ANN }');
  const other = { ...venue, assets: [{ ...venue.assets[0], decimals: 3 }, venue.assets[1]] };
  const [first, second] = await Promise.all([setUpVenue(hosts[0], venue), setUpVenue(hosts[1], other)]);
  assert.deepEqual(first.warnings, []);
  assert.deepEqual(second.warnings, [
    'asset USD: decimals is 2 in the venue, the configuration says 3; nothing was changed',
  ]);
});

test('venue set-up: a made-up password works, and only its hash is in the log', async () => {
  const [host] = memoryHosts(1);
  const { users } = await setUpVenue(host, venueOf('{ id: 1, name: ANN }'));
  const password = users[0].generatedPassword ?? '';
  assert.match(password, /^[a-z2-9]{10}$/);
  const added = host.entries.flat().find((event) => event.type === 'UserAdded') as Event<'UserAdded'>;
  assert.equal(await verifyPassword(added, password), true);
  assert.equal(await verifyPassword(added, `${password.slice(1)}x`), false);
  assert.ok(!JSON.stringify(host.entries).includes(password));
});

test('venue set-up: a password file is used and its password not shown', async () => {
  const [host] = memoryHosts(1);
  writeFileSync(join(directory, 'ann.txt'), 'secret-99\nnot this\n');
  const { users } = await setUpVenue(host, venueOf('{ id: 1, name: ANN, passwordFile: ann.txt }'));
  assert.deepEqual(users, [{ userId: 1, name: 'ANN', generatedPassword: undefined }]);
  const added = host.entries.flat().find((event) => event.type === 'UserAdded') as Event<'UserAdded'>;
  assert.equal(await verifyPassword(added, 'secret-99'), true);
});

test('venue set-up: a password file that is missing or too long is named', async () => {
  await assert.rejects(
    setUpVenue(memoryHosts(1)[0], venueOf('{ id: 1, name: ANN, passwordFile: none.txt }')),
    (error: Error) =>
      error instanceof VenueSetupError &&
      error.message.startsWith('the password file of user ANN cannot be read: ENOENT'),
  );
  writeFileSync(join(directory, 'long.txt'), 'elevenchars\n');
  await assert.rejects(
    setUpVenue(memoryHosts(1)[0], venueOf('{ id: 1, name: ANN, passwordFile: long.txt }')),
    new VenueSetupError(
      `${join(directory, 'long.txt')}: the first line must be the password of user ANN: 1 to 10 printable ASCII characters without spaces`,
    ),
  );
});

test('venue set-up: what is new is added to what stands; what differs is a warning and stays', async () => {
  const [host] = memoryHosts(1);
  await setUpVenue(host, venueOf('{ id: 1, name: ANN }'));
  const hash = host.core.stateHash;
  const changed = venueOf('{ id: 1, name: EVE }, { id: 2, name: BOB }');
  const wanted: VenueDefinition = {
    ...changed,
    assets: [{ ...changed.assets[0], decimals: 3 }, changed.assets[1]],
    instruments: [
      { ...changed.instruments[0], add: { ...changed.instruments[0].add, makerFeePpm: 5, phase: 1 } },
    ],
  };
  const { added, users, warnings } = await setUpVenue(host, wanted);
  assert.equal(added, 1);
  assert.deepEqual(
    users.map(({ name }) => name),
    ['BOB'],
  );
  assert.deepEqual(warnings, [
    'asset USD: decimals is 2 in the venue, the configuration says 3; nothing was changed',
    'instrument BTCUSD: makerFeePpm is 0 in the venue, the configuration says 5; nothing was changed',
    'user EVE: name is ANN in the venue, the configuration says EVE; nothing was changed',
  ]);
  assert.deepEqual(host.types().slice(4), ['UserAdded']);
  assert.notEqual(host.core.stateHash, hash);
});

test('venue set-up: roles, staff without an account, and why', async () => {
  const [host] = memoryHosts(1);
  const users = '{ id: 1, name: ann.trader@desk }, { id: 2, name: BOB, role: market-maker }';
  const venue = venueOf(users, '{ id: 3, name: Rita, role: risk }');
  assert.equal((await setUpVenue(host, venue)).added, 7);
  const added = host.entries.flat().flatMap((event) => (event.type === 'UserAdded' ? [event] : []));
  assert.deepEqual(
    added.map(({ name, accountId, role, enabled, mustChangePassword }) => [
      name,
      accountId,
      role,
      enabled,
      mustChangePassword,
    ]),
    [
      ['ann.trader@desk', 7, Role.Trader, 1, 0],
      ['BOB', 7, Role.MarketMaker, 1, 0],
      ['Rita', 0, Role.Risk, 1, 0],
    ],
  );
  for (const command of host.commands) {
    assert.ok('reason' in command && command.reason === 'venue section of hive.yaml', command.type);
  }
  const changed = venueOf(users, '{ id: 3, name: Rita, role: admin }');
  assert.deepEqual((await setUpVenue(host, changed)).warnings, [
    'user Rita: role is 4 in the venue, the configuration says 7; nothing was changed',
  ]);
});

test('first admin: added once, with a password that must be changed', async () => {
  const [host] = memoryHosts(1);
  const warnings: string[] = [];
  const add = () => addFirstAdmin(host, (message) => warnings.push(message));
  await setUpVenue(host, venueOf('{ id: 1, name: ANN }'));
  const admin = await add();
  const { name, password } = admin as FirstAdmin;
  assert.equal(name, 'admin');
  const added = host.entries.flat().findLast((event) => event.type === 'UserAdded') as Event<'UserAdded'>;
  assert.deepEqual(
    [added.newUserId, added.name, added.accountId, added.role, added.mustChangePassword],
    [1_000_000, 'admin', 0, Role.Admin, 1],
  );
  assert.equal(await verifyPassword(added, password), true);
  assert.equal(await add(), undefined);
  assert.deepEqual(warnings, []);
  assert.ok(!JSON.stringify(host.entries).includes(password));
});

test('first admin: nodes that start at once add one, and one of them tells its password', async () => {
  const hosts = memoryHosts(3);
  const admins = await Promise.all(hosts.map((host) => addFirstAdmin(host, assert.fail)));
  const told = admins.filter((admin) => admin !== undefined);
  assert.equal(told.length, 1);
  const events = hosts[0].entries.flat();
  const added = events.filter((event) => event.type === 'UserAdded') as Event<'UserAdded'>[];
  assert.equal(added.length, 1);
  assert.equal(await verifyPassword(added[0], told[0].password), true);
  assert.equal(events.filter(({ type }) => type === 'CommandRejected').length, 2, 'they did it at once');
});

test('first admin: none beside one of the configuration', async () => {
  const [host] = memoryHosts(1);
  await setUpVenue(host, venueOf('', '{ id: 3, name: root, role: admin }'));
  assert.equal(await addFirstAdmin(host, assert.fail), undefined);
});

test('first admin: a name that is taken is a warning, a number that is taken is not', async () => {
  const [host] = memoryHosts(1);
  const warnings: string[] = [];
  const add = () => addFirstAdmin(host, (message) => warnings.push(message));
  await setUpVenue(host, venueOf('{ id: 5, name: Admin }'));
  assert.equal(await add(), undefined);
  assert.deepEqual(warnings, [
    'the venue has no user with the role admin, and the name admin is taken by user 5: add one in the staff section of the venue',
  ]);
  const [other] = memoryHosts(1);
  await setUpVenue(other, venueOf('{ id: 1000000, name: ANN }'));
  await addFirstAdmin(other, assert.fail);
  const added = other.entries.flat().findLast((event) => event.type === 'UserAdded') as Event<'UserAdded'>;
  assert.equal(added.newUserId, 1_000_001);
});

test('venue set-up: a refusal names the command, the code and its meaning', async () => {
  const [host] = memoryHosts(1);
  await setUpVenue(host, venueOf('{ id: 1, name: ANN }'));
  const venue = venueOf('');
  const clashing = { ...venue, assets: [{ ...venue.assets[0], assetId: 9 }] };
  await assert.rejects(
    setUpVenue(host, clashing),
    new VenueSetupError(
      'the venue refused AddAsset USD: ALREADY_EXISTS (the id or name is already taken). Correct the venue section of hive.yaml',
    ),
  );
});

test('venue set-up: a node that takes nothing is an error, not a wait', async () => {
  const [host] = memoryHosts(1);
  host.outbox.close();
  await assert.rejects(
    setUpVenue(host, venueOf('')),
    new VenueSetupError('the node takes no commands now: see its log, then start it again'),
  );
});
