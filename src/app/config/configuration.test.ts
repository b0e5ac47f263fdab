import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { InstrumentKind, Phase, SelfTradePrevention } from '#domain/commands.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { DEMO_CONFIGURATION } from '../demo/demo-venue.ts';
import { accessSettingsOf } from './access-section.ts';
import {
  defaultConfiguration,
  loadConfiguration,
  nodeConfigOf,
  parseConfiguration,
} from './configuration.ts';
import { configurationDocument } from './configuration-document.ts';
import { openSessions } from './fix-section.ts';
import { ConfigError } from './issues.ts';

function issuesOf(source: string): string[] {
  try {
    parseConfiguration('hive.yaml', source);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split('\n');
  }
  return [];
}

/** A venue of one instrument whose lines, after the first, are `terms`. */
function venueWith(terms: string): string {
  return `venue:
  assets: [{ id: 1, symbol: USD, decimals: 2 }, { id: 2, symbol: BTC, decimals: 8 }]
  instruments:
    - { id: 1, symbol: X, quote: USD, ${terms} }
`;
}

test('configuration: nothing, or an empty file, is the defaults', () => {
  assert.deepEqual(parseConfiguration('hive.yaml', ''), defaultConfiguration());
  assert.deepEqual(parseConfiguration('hive.yaml', '# nothing yet\n'), defaultConfiguration());
  assert.deepEqual(nodeConfigOf(defaultConfiguration()), {
    dataDirectory: 'data',
    nodeId: 1,
    ouch: { host: '127.0.0.1', port: 26_001, cancelOnDisconnect: false, tls: undefined },
    marketData: { host: '127.0.0.1', port: 26_002, snapshotPort: 26_003, tls: undefined },
    http: { host: '127.0.0.1', port: 26_080, connectionsMax: 8_192, tls: undefined },
    webSocket: {
      flushMs: 20,
      accountsMs: 250,
      compression: false,
      connectionsMax: 8_192,
      connectionsPerUserMax: 16,
    },
    fix: {
      host: '127.0.0.1',
      port: 26_010,
      connectionsMax: 1_024,
      tls: undefined,
      compId: 'HIVE',
      cancelOnDisconnect: false,
      sessions: [],
    },
    operations: { host: '127.0.0.1', port: 26_090, tls: undefined },
    cluster: undefined,
    access: {
      tokenSeconds: 900,
      loginSeconds: 43_200,
      signatureWindowMs: 5_000,
      userRate: { perSecond: 100, burst: 500 },
      keyRate: { perSecond: 100, burst: 500 },
      addressRate: { perSecond: 20, burst: 100 },
    },
    connectionsPerAddressMax: 128,
    snapshots: { everyEntries: 100_000, keep: 3 },
    disk: { keepLogBytes: undefined, warnFreeBelowBytes: undefined },
    segmentBytes: 64 * 1024 * 1024,
    backup: undefined,
    replayDirectory: undefined,
    attestEvery: 10_000,
  });
});

test('configuration: a backup needs a place; its key file is found from the configuration file', () => {
  const { backup } = parseConfiguration('/etc/hive/hive.yaml', 'backup: { to: backups, keyFile: b.key }\n');
  assert.deepEqual(backup, {
    to: 'backups',
    keyFile: '/etc/hive/b.key',
    everyMs: 1_000,
    snapshotEveryMs: 900_000,
    keep: 24,
  });
  assert.deepEqual(issuesOf('backup: { keep: 1 }\n'), ['hive.yaml:1:9: backup.to: is missing']);
});

test('configuration: recordings are found from the configuration file, and nothing is replayed without them', () => {
  const configuration = parseConfiguration('/etc/hive/hive.yaml', 'replay: { directory: recordings }\n');
  assert.equal(nodeConfigOf(configuration).replayDirectory, '/etc/hive/recordings');
  assert.deepEqual(issuesOf('replay: {}\n'), ['hive.yaml:1:9: replay.directory: is missing']);
});

test('configuration: the copies of a log are a number, quoted or not', () => {
  for (const written of ['5', '"5"']) {
    const text = `cluster: { servers: [nats://10.0.0.1:4222], replicas: ${written} }\n`;
    assert.equal(parseConfiguration('hive.yaml', text).cluster?.replicas, 5);
  }
  assert.deepEqual(issuesOf('cluster: { servers: [nats://10.0.0.1:4222], replicas: 2 }\n'), [
    'hive.yaml:1:55: cluster.replicas: must be one of 1, 3, 5, not "2"',
  ]);
});

test('configuration: a section that is given in part keeps the other defaults', () => {
  const { ouch, demo, nodeId } = parseConfiguration(
    'x',
    'ouch: { port: 7 }\nnodeId: 3\ndemo: { enabled: false }\n',
  );
  assert.deepEqual(ouch, {
    host: '127.0.0.1',
    port: 7,
    cancelOnDisconnect: false,
    tls: undefined,
    allowPlaintext: false,
  });
  assert.deepEqual(demo, { enabled: false, seed: 1, messagesPerSecond: 200 });
  assert.equal(nodeId, 3);
});

test('configuration: every error names line, column, key and what is allowed', () => {
  const source = `nodeId: 0
ouch:
  hots: example.org
  port: http
marketData: 5
snapshots:
  keep: [1]
  everyEntries:
logLevel: loud
colour: red
demo:
  enabled: yes
`;
  assert.deepEqual(issuesOf(source), [
    'hive.yaml:1:9: nodeId: must be an integer from 1 to 65535, or auto, not "0"',
    'hive.yaml:3:3: ouch.hots: unknown key; did you mean host?',
    'hive.yaml:4:9: ouch.port: must be an integer from 0 to 65535, not "http"',
    'hive.yaml:5:13: marketData: must be a mapping of keys to values, not "5"',
    'hive.yaml:7:9: snapshots.keep: must be an integer from 1 to 1000, not a list',
    'hive.yaml:8:16: snapshots.everyEntries: must be an integer from 1 to 9007199254740991, not empty',
    'hive.yaml:9:11: logLevel: must be one of debug, info, warn, error, not "loud"',
    'hive.yaml:10:1: colour: unknown key; known keys: dataDirectory, nodeId, logLevel, logFormat, ouch, marketData, http, webSocket, fix, operations, cluster, access, tls, snapshots, disk, backup, replay, segmentMiB, attestEvery, demo, venue',
    'hive.yaml:12:12: demo.enabled: must be true or false, not "yes"',
  ]);
});

test('configuration: FIX sessions, and what contradicts itself', () => {
  const sessions = (source: string) =>
    nodeConfigOf(parseConfiguration('hive.yaml', source)).fix?.sessions ?? [];
  const [week] = sessions(
    'fix:\n  cancelOnDisconnect: true\n  sessions:\n    - { compId: DESK, user: ANN, logon: none, hours: { start: "22:00:00", end: "21:00:00", startDay: sunday, endDay: friday } }\n',
  );
  assert.deepEqual(week, {
    compId: 'DESK',
    subId: '',
    user: 'ANN',
    needsPassword: false,
    cancelOnDisconnect: true,
    schedule: { startSeconds: 79_200, endSeconds: 75_600, startDay: 0, endDay: 5 },
    resetOnLogon: false,
    resetOnLogout: false,
    resetOnDisconnect: false,
    copyUsers: undefined,
    copyAccounts: undefined,
  });
  const [copy] = sessions(
    'fix: { sessions: [{ compId: C, user: ANN, copyUsers: [BOB], copyAccounts: [7] }] }\n',
  );
  assert.deepEqual([copy.copyUsers, copy.copyAccounts, copy.needsPassword], [['BOB'], [7], true]);
  assert.deepEqual(
    issuesOf(
      'fix:\n  sessions:\n    - { compId: A, user: ANN }\n    - { compId: A, user: BOB }\n    - { compId: B, user: BOB, hours: { start: "08:00:00", end: "17:00:00", startDay: monday } }\n',
    ),
    [
      'hive.yaml:4:17: fix.sessions[1].compId: is named twice with this subId',
      'hive.yaml:5:47: fix.sessions[2].hours.start: startDay and endDay go together',
    ],
  );
});

test('configuration: sizes of the disk section, and what is no size', () => {
  const limits = (source: string) => nodeConfigOf(parseConfiguration('hive.yaml', source)).disk;
  assert.deepEqual(limits('disk: { keepLog: 50GB }'), {
    keepLogBytes: 50_000_000_000,
    warnFreeBelowBytes: undefined,
  });
  assert.deepEqual(limits('disk: { keepLog: 0MB, warnFreeBelow: 1.5 TiB }'), {
    keepLogBytes: 0,
    warnFreeBelowBytes: 1_649_267_441_664,
  });
  assert.deepEqual(issuesOf('disk:\n  keepLog: 50\n  warnFreeBelow: all\n  keepReports: 1GB\n'), [
    'hive.yaml:2:12: disk.keepLog: must be a size such as 500MB, 50GB or 1.5TB, not "50"',
    'hive.yaml:3:18: disk.warnFreeBelow: must be a size such as 500MB, 50GB or 1.5TB, not "all"',
    'hive.yaml:4:3: disk.keepReports: unknown key; known keys: keepLog, warnFreeBelow',
  ]);
});

test('configuration: a listener off loopback needs TLS, or a word that it does not', () => {
  const fault = (host: string) =>
    `${host} can be reached from other machines, and everything would pass in clear: add a tls section, or allowPlaintext: true where the network is to be trusted`;
  assert.deepEqual(
    issuesOf(
      'ouch: { host: 0.0.0.0 }\nmarketData: { host: "::" }\nhttp: { host: example.org }\noperations: { host: 10.0.0.1 }\n',
    ),
    [
      `hive.yaml:1:15: ouch.host: ${fault('0.0.0.0')}`,
      `hive.yaml:2:21: marketData.host: ${fault('::')}`,
      `hive.yaml:3:15: http.host: ${fault('example.org')}`,
      `hive.yaml:4:21: operations.host: ${fault('10.0.0.1')}`,
    ],
  );
  assert.deepEqual(issuesOf('ouch: { host: 127.evil.example }\n'), [
    `hive.yaml:1:15: ouch.host: ${fault('127.evil.example')}`,
  ]);
  const tls = 'tls: { certificate: venue.pem, key: /etc/venue.key }\n';
  assert.deepEqual(issuesOf(`${tls}ouch: { host: 10.0.0.1, tls: false }\n`), [
    `hive.yaml:2:15: ouch.host: ${fault('10.0.0.1')}`,
  ]);
  assert.deepEqual(issuesOf(`${tls}operations: { host: 0.0.0.0, tls: false }\n`), [
    `hive.yaml:2:21: operations.host: ${fault('0.0.0.0')}`,
  ]);
  assert.deepEqual(issuesOf('ouch: { tls: true }\n'), [
    'hive.yaml:1:14: ouch.tls: needs a tls section with a certificate and its key',
  ]);
  for (const source of [
    'ouch: { host: 127.0.0.2 }\nmarketData: { host: localhost }\n',
    'ouch: { host: "::1" }\n',
    'ouch: { host: 0.0.0.0, allowPlaintext: true }\n',
    `${tls}ouch: { host: 0.0.0.0 }\nmarketData: { tls: false }\n`,
    'operations: { host: 0.0.0.0, allowPlaintext: true }\n',
    `${tls}operations: { host: 0.0.0.0 }\n`,
    `${tls}operations: { host: 0.0.0.0, tls: false, allowPlaintext: true }\n`,
  ]) {
    assert.deepEqual(issuesOf(source), [], source);
  }
});

test('configuration: a FIX session without a password needs loopback, certificates, or a word that the network says who connects', () => {
  const fault =
    'none lets in whoever reaches the port from other machines and knows the compId: add tls.clientCa, so that clients need a certificate, or fix.allowPlaintext: true where the network is to be trusted';
  const session = 'sessions: [{ compId: DESK, user: ANN, logon: none }]';
  const tls = 'tls: { certificate: venue.pem, key: /etc/venue.key }\n';
  const mutual = 'tls: { certificate: venue.pem, key: /etc/venue.key, clientCa: ca.pem }\n';
  assert.deepEqual(issuesOf(`${tls}fix: { host: 0.0.0.0, ${session} }\n`), [
    `hive.yaml:2:68: fix.sessions[0].logon: ${fault}`,
  ]);
  for (const source of [
    `fix: { ${session} }\n`,
    `${mutual}fix: { host: 0.0.0.0, ${session} }\n`,
    `fix: { host: 0.0.0.0, allowPlaintext: true, ${session} }\n`,
    `${tls}fix: { host: 0.0.0.0, enabled: false, ${session} }\n`,
    `${tls}fix: { host: 0.0.0.0, sessions: [{ compId: DESK, user: ANN }] }\n`,
  ]) {
    assert.deepEqual(issuesOf(source), [], source);
  }
  const open = parseConfiguration('hive.yaml', `fix: { host: 0.0.0.0, allowPlaintext: true, ${session} }\n`);
  assert.deepEqual(
    openSessions(open.fix, open.tls).map(({ compId }) => compId),
    ['DESK'],
    'a start warns of these',
  );
});

test('configuration: a choice of numbers is the same with quotes and without', () => {
  for (const text of ['3', '"3"']) {
    const source = `cluster: { servers: ["nats://a:4222"], replicas: ${text} }\n`;
    assert.equal(parseConfiguration('hive.yaml', source).cluster?.replicas, 3);
  }
  assert.deepEqual(issuesOf('cluster: { servers: ["nats://a:4222"], replicas: 2 }\n'), [
    'hive.yaml:1:50: cluster.replicas: must be one of 1, 3, 5, not "2"',
  ]);
});

test('configuration: what the listeners are given of the tls section', () => {
  const source =
    'tls: { certificate: venue.pem, key: /etc/venue.key, minimumVersion: "1.2" }\nmarketData: { tls: false }\n';
  const { ouch, marketData, operations } = nodeConfigOf(parseConfiguration('/etc/hive/hive.yaml', source));
  assert.deepEqual(ouch.tls, {
    certificate: '/etc/hive/venue.pem',
    key: '/etc/venue.key',
    clientCa: undefined,
    minimumVersion: 'TLSv1.2',
  });
  assert.deepEqual(operations?.tls, ouch.tls);
  assert.equal(marketData.tls, undefined);
  assert.equal(nodeConfigOf(defaultConfiguration()).ouch.tls, undefined);
  assert.deepEqual(issuesOf('tls: { certificate: a.pem, minimumVersion: "1.1" }\n'), [
    'hive.yaml:1:44: tls.minimumVersion: must be one of 1.2, 1.3, not "1.1"',
    'hive.yaml:1:6: tls.key: is missing',
  ]);
});

test('configuration: rates and windows of access', () => {
  const { access } = parseConfiguration('hive.yaml', 'access: { tokenSeconds: 60, keyBurst: 7 }\n');
  assert.deepEqual(accessSettingsOf(access), {
    tokenSeconds: 60,
    loginSeconds: 43_200,
    signatureWindowMs: 5_000,
    userRate: { perSecond: 100, burst: 500 },
    keyRate: { perSecond: 100, burst: 7 },
    addressRate: { perSecond: 20, burst: 100 },
  });
  assert.deepEqual(issuesOf('access: { tokenSeconds: 59, signatureWindowMs: 60001 }\n'), [
    'hive.yaml:1:25: access.tokenSeconds: must be an integer from 60 to 86400, not "59"',
    'hive.yaml:1:48: access.signatureWindowMs: must be an integer from 1 to 60000, not "60001"',
  ]);
});

test('configuration: YAML that is none, and anchors, are refused with their line', () => {
  assert.deepEqual(issuesOf('ouch: {\n'), [
    'hive.yaml:2:1: Flow map in block collection must be sufficiently indented and end with a }',
  ]);
  assert.deepEqual(issuesOf('nodeId: 1\nnodeId: 2\n'), [
    'hive.yaml:2:1: the key nodeId is there twice: remove one of them',
  ]);
  assert.deepEqual(issuesOf('ouch: &a { port: 1 }\nmarketData: *a\n'), [
    'hive.yaml:2:13: anchors and aliases are not used here: write the value out',
  ]);
  assert.deepEqual(issuesOf('- 1\n'), ['hive.yaml:1:1: must be a mapping of keys to values, not a list']);
});

test('configuration: a file that is not UTF-8 is refused with the place, not read with other names', () => {
  const file = join(temporaryDirectory('configuration'), 'hive.yaml');
  writeFileSync(file, 'nodeId: 2\ndataDirectory: caf\u00e9\n', 'latin1');
  assert.throws(() => loadConfiguration(file), {
    name: 'ConfigError',
    message: `${file}:2:19: is not UTF-8: save the file as UTF-8`,
  });
  writeFileSync(file, 'nodeId: 2\ndataDirectory: caf\u00e9\n', 'utf8');
  assert.equal(loadConfiguration(file).dataDirectory, 'caf\u00e9');
});

test('configuration: a file that is not there', () => {
  assert.throws(
    () => loadConfiguration('/nowhere/hive.yaml'),
    /^ConfigError: \/nowhere\/hive.yaml: cannot be read: ENOENT/,
  );
});

test('venue: spot and margined instruments become the commands that add them', () => {
  const { venue } = parseConfiguration('hive.yaml', DEMO_CONFIGURATION);
  assert.deepEqual(venue?.assets[1], { type: 'AddAsset', assetId: 2, symbol: 'BTC', decimals: 8 });
  assert.deepEqual(venue?.instruments[0], {
    add: {
      type: 'AddInstrument',
      instrumentId: 1,
      symbol: 'BTCUSD',
      kind: InstrumentKind.Spot,
      baseAssetId: 2,
      quoteAssetId: 1,
      priceDecimals: 2,
      qtyDecimals: 4,
      tickSize: 1,
      lotSize: 1,
      // 0.01 USD x 0.0001 = a ten-thousandth of a cent
      valueNumerator: 1,
      valueDenominator: 10_000,
      lotBaseMinor: 10_000,
      initialMarginMinor: 0,
      minQtyLots: 1,
      maxQtyLots: 10_000_000,
      makerFeePpm: 20,
      takerFeePpm: 100,
      collarPpm: 100_000,
      marketProtectionPpm: 20_000,
      staticBandPpm: 0,
      dynamicBandPpm: 0,
      volatilityAuctionSeconds: 0,
      referencePriceTicks: 6_500_000,
      phase: Phase.Continuous,
      selfTradePrevention: SelfTradePrevention.CancelNewest,
    },
    schedule: undefined,
  });
  const future = venue?.instruments[3].add;
  // 0.5 USD x 0.01 = half a cent
  assert.deepEqual([future?.valueNumerator, future?.valueDenominator], [1, 2]);
  assert.deepEqual([future?.tickSize, future?.priceDecimals, future?.initialMarginMinor], [5, 1, 6_500]);
  assert.deepEqual(venue?.accounts[0].deposits[1], {
    type: 'Deposit',
    accountId: 1,
    assetId: 2,
    amountMinor: 1_000_000_000,
    requestId: 'venue account 1 BTC',
  });
});

test('venue: a schedule becomes one command', () => {
  const { venue } = parseConfiguration(
    'hive.yaml',
    venueWith(
      'base: BTC, tick: 0.01, lot: 1, maxQuantity: 9, schedule: [{ at: "08:00:00", phase: opening-auction }, { at: "08:10:00", phase: continuous }]',
    ),
  );
  assert.deepEqual(venue?.instruments[0].schedule, {
    type: 'SetSchedule',
    instrumentId: 1,
    secondOfDay0: 28_800,
    phase0: Phase.OpeningAuction,
    secondOfDay1: 29_400,
    phase1: Phase.Continuous,
  });
});

test('venue: what contradicts itself is refused with line and key', () => {
  const cases: [string, string][] = [
    ['tick: 0.01, lot: 1, maxQuantity: 9', '4:7: venue.instruments[0].base: is missing: spot needs one'],
    [
      'base: EUR, tick: 0.01, lot: 1, maxQuantity: 9',
      '4:45: venue.instruments[0].base: EUR is not one of venue.assets: USD, BTC',
    ],
    ['base: USD, tick: 0.01, lot: 1, maxQuantity: 9', '4:45: venue.instruments[0].base: is the quote asset'],
    [
      'base: BTC, tick: 0, lot: 1, maxQuantity: 9',
      '4:56: venue.instruments[0].tick: must have 1 to 2147483647 as its digits, not 0',
    ],
    [
      'base: BTC, tick: 0.01, lot: 0.000000001, maxQuantity: 9',
      '4:67: venue.instruments[0].lot: 0.000000001 BTC is not a whole number of its minor unit (8 decimals)',
    ],
    [
      'base: BTC, tick: 0.01, lot: 0.5, maxQuantity: 0.7',
      '4:85: venue.instruments[0].maxQuantity: must be 1 to 1099511627776 lots of 0.5, not 0.7',
    ],
    [
      'base: BTC, tick: 0.05, lot: 1, maxQuantity: 9, referencePrice: 0.07',
      '4:102: venue.instruments[0].referencePrice: must be 1 to 2147483647 ticks of 0.05, not 0.07',
    ],
    [
      'base: BTC, tick: 0.01, lot: 1, maxQuantity: 9, initialMargin: 1',
      '4:101: venue.instruments[0].initialMargin: is for margined instruments only',
    ],
    [
      'base: BTC, tick: 0.01, lot: 1, maxQuantity: 9, schedule: [{ at: "09:00:00", phase: closed }, { at: "08:00:00", phase: closed }]',
      '4:138: venue.instruments[0].schedule[1].at: must be later than the entry before',
    ],
    [
      'base: BTC, tick: 0.01, lot: 1, maxQuantity: 9, phase: asleep',
      '4:93: venue.instruments[0].phase: must be one of closed, pre-open, opening-auction, continuous, halted, closing-auction, not "asleep"',
    ],
  ];
  for (const [terms, expected] of cases)
    assert.deepEqual(issuesOf(venueWith(terms)), [`hive.yaml:${expected}`]);
});

test('venue: repeated ids and names, and deposits that do not fit', () => {
  const source = `venue:
  assets: [{ id: 1, symbol: USD, decimals: 2 }, { id: 1, symbol: USD, decimals: 2 }]
  instruments: []
  accounts:
    - { id: 1, deposits: { USD: 0.001, EUR: 1 }, users: [{ id: 1, name: no name }] }
    - { id: 1, users: [{ id: 2, name: BOB }, { id: 2, name: Bob, pasword: x }] }
  staff: [{ id: 1, name: RITA, role: trader }]
`;
  assert.deepEqual(issuesOf(source), [
    'hive.yaml:5:73: venue.accounts[0].users[0].name: must be 1 to 24 letters, digits and . _ - @, not "no name"',
    'hive.yaml:6:66: venue.accounts[1].users[1].pasword: unknown key; known keys: id, name, role, passwordFile',
    'hive.yaml:7:38: venue.staff[0].role: must be one of viewer, risk, operations, compliance, admin, not "trader"',
  ]);
  const corrected = source
    .replace('no name', 'ANN')
    .replace(', pasword: x', '')
    .replace('role: trader', 'role: risk');
  assert.deepEqual(issuesOf(corrected), [
    'hive.yaml:2:55: venue.assets[1].id: 1 is used twice',
    'hive.yaml:2:66: venue.assets[1].symbol: USD is used twice',
    'hive.yaml:6:13: venue.accounts[1].id: 1 is used twice',
    'hive.yaml:6:52: venue.accounts[1].users[1].id: 2 is used twice',
    'hive.yaml:7:17: venue.staff[0].id: 1 is used twice',
    'hive.yaml:6:61: venue.accounts[1].users[1].name: Bob is used twice',
    "hive.yaml:5:33: venue.accounts[0].deposits.USD: 0.001 must be a positive whole number, below 2^53, of USD's minor unit (decimals: 2)",
    'hive.yaml:5:45: venue.accounts[0].deposits.EUR: EUR is not one of venue.assets: USD',
  ]);
});

test('a key that is there twice, and a second document, are named with their place', () => {
  assert.deepEqual(issuesOf('nodeId: 1\nouch: { port: 1 }\nnodeId: 2\n'), [
    'hive.yaml:3:1: the key nodeId is there twice: remove one of them',
  ]);
  assert.deepEqual(issuesOf('nodeId: 1\n---\nnodeId: 2\n'), [
    'hive.yaml:2:1: a second document begins here: a configuration is one document',
  ]);
});

test('venue: the demo market goes with no other venue', () => {
  const source = `demo:\n  enabled: true\n${venueWith('base: BTC, tick: 0.01, lot: 1, maxQuantity: 9')}`;
  assert.deepEqual(issuesOf(source), [
    'hive.yaml:2:12: demo.enabled: the demo market brings its own venue: remove the venue section, or this',
  ]);
});

test('docs/configuration.md is what the tables say (npx node scripts/generate-docs.ts writes it)', () => {
  const file = new URL('../../../docs/configuration.md', import.meta.url);
  assert.equal(readFileSync(file, 'utf8'), configurationDocument());
});

test('configuration: doors of the edge that are not wanted are not there', () => {
  const config = (source: string) => nodeConfigOf(parseConfiguration('hive.yaml', source));
  const both = config('nodeId: 1\n');
  assert.ok(both.http !== undefined && both.fix !== undefined);
  const one = config('http:\n  enabled: false\n');
  assert.ok(one.http === undefined && one.fix !== undefined);
  const none = config('http: { enabled: false }\nfix: { enabled: false }\n');
  assert.deepEqual([none.http, none.fix], [undefined, undefined]);
});
