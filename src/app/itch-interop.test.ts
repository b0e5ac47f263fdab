import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ItchFrameReader } from '#codec/itch/itch-frames.ts';
import { ItchMessage } from '#codec/itch/itch-messages.ts';
import { encodeLoginRequest } from '#codec/soupbin/packets.ts';
import { Phase, Side } from '#domain/commands.ts';
import { ItchServer } from '#gateways/itch/itch-server.ts';
import { glimpseSource, liveSource } from '#projections/market-data/feed-sources.ts';
import { MarketDataFeed } from '#projections/market-data/market-data-feed.ts';
import { TestVenue } from '#projections/market-data/test-venue.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { ItchBookBuilder, ItchClient } from './itch-client.ts';

const PORT = 18_000;
const LOGIN = { username: '', password: '', session: '', sequenceNumber: 1 };
/** A Lua dissector for ITCH 5.0 over MoldUDP64, which Wireshark itself lacks. */
const DISSECTOR = process.env['HIVE_ITCH_DISSECTOR'] ?? '';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
const needsTshark = hasTshark ? false : 'tshark is not installed (Debian: apt install tshark)';
const needsDissector = existsSync(DISSECTOR)
  ? needsTshark
  : 'Wireshark has no ITCH 5.0 dissector of its own: set HIVE_ITCH_DISSECTOR to a Lua file of one';

/** A feed with every message that the projection sends, in a session that is over. */
function scripted(t: TestContext): { feed: MarketDataFeed; venue: TestVenue } {
  const directory = temporaryDirectory('itch-interop');
  let sessions = 0;
  const venue = new TestVenue();
  const feed = new MarketDataFeed({
    directory: join(directory, 'feed'),
    orders: venue,
    nextSession: () => `IOP${++sessions}`,
    log: (line) => assert.fail(line),
  });
  t.after(() => {
    feed.close();
  });
  venue.addInstrument(7, { phase: Phase.PreOpen, symbol: 'ACME' });
  venue.enter(7, Side.Buy, 10_100, 40);
  venue.enter(7, Side.Sell, 9_900, 25);
  venue.emit({
    type: 'AuctionIndicative',
    instrumentId: 7,
    qtyLots: 25,
    surplusQtyLots: 15,
    priceTicks: 10_000,
    surplusSide: Side.Buy,
    phase: Phase.PreOpen,
  });
  venue.uncross(7, 10_000);
  venue.enter(7, Side.Sell, 10_100, 5);
  venue.cancel(venue.side(7, Side.Buy)[0], 3);
  venue.replaceAnew(venue.side(7, Side.Buy)[0], 10_050, 8);
  venue.enter(7, Side.Sell, 10_200, 6);
  venue.cancel(venue.side(7, Side.Sell)[0], 6);
  venue.enter(7, Side.Sell, 10_300, 9);
  venue.emit({ type: 'TradeCanceled', instrumentId: 7, tradeId: 2, qtyLots: 5, priceTicks: 10_100 });
  venue.deliver(feed);
  return { feed, venue };
}

async function serve(t: TestContext, feed: MarketDataFeed, glimpse = false): Promise<number> {
  const logger = { info: () => {}, warn: () => {} };
  const server = new ItchServer(
    glimpse ? glimpseSource(feed) : liveSource(feed),
    { name: 'itch', port: 0, credentials: () => undefined, allowAnonymous: true, limits: { tickMs: 0 } },
    logger,
  );
  const { port } = await server.listen();
  // As the thread does that brings events.
  const steps = setInterval(() => feed.step(), 1);
  t.after(async () => {
    clearInterval(steps);
    await server.close('the test is over');
  });
  return port;
}

/** The messages of the feed's session as bytes. */
function payloads(feed: MarketDataFeed): Buffer[] {
  const file = readFileSync(feed.session.path);
  const found: Buffer[] = [];
  for (let at = 0; at < feed.session.bytes; at += 2 + file.readUInt16BE(at)) {
    found.push(file.subarray(at + 2, at + 2 + file.readUInt16BE(at)));
  }
  return found;
}

test('whole path: snapshot over the wire, then live from its sequence number, gives the venue’s book', async (t) => {
  const { feed, venue } = scripted(t);
  const [livePort, glimpsePort] = await Promise.all([serve(t, feed), serve(t, feed, true)]);
  const builder = new ItchBookBuilder();
  const snapshotEnd = Promise.withResolvers<string>();
  const glimpse = new ItchClient({ port: glimpsePort }, LOGIN, {
    onMessage: (message) => builder.apply(message),
    onEnd: snapshotEnd.resolve,
  });
  assert.equal(await snapshotEnd.promise, 'the session is complete');
  assert.equal(builder.nextSequence, feed.session.readableSequence + 1);
  venue.enter(7, Side.Buy, 10_050, 70);
  venue.deliver(feed);
  let awaited = feed.session.readableSequence;
  let caughtUp = Promise.withResolvers<void>();
  const liveEnd = Promise.withResolvers<string>();
  let logins = '';
  const live = new ItchClient(
    { port: livePort },
    { ...LOGIN, session: glimpse.session, sequenceNumber: builder.nextSequence },
    {
      onLogin: (session, next) => (logins = `${session} ${next}`),
      onMessage: (message, sequence) => {
        builder.apply(message);
        if (sequence === awaited) caughtUp.resolve();
      },
      onEnd: liveEnd.resolve,
    },
  );
  await caughtUp.promise;
  venue.enter(7, Side.Sell, 10_301, 2);
  caughtUp = Promise.withResolvers();
  awaited++;
  venue.deliver(feed);
  await caughtUp.promise;
  assert.equal(logins, `IOP1 ${builder.nextSequence}`);
  const rows = (side: Side): number[][] =>
    venue.side(7, side).map((order) => [order.visibleQtyLots, order.priceTicks * 100]);
  const built = (side: 'B' | 'S'): number[][] => builder.side(7, side).map((row) => [row.shares, row.price]);
  assert.deepEqual([built('B'), built('S')], [rows(Side.Buy), rows(Side.Sell)]);
  live.close();
  assert.equal(await liveEnd.promise, 'closed by this client');
});

interface SoupClient {
  on(event: string, listener: (value: unknown) => void): void;
  login(request: object): void;
  end(): void;
}

test('npm soupbintcp reads the feed: login, every message, end of session', async (t) => {
  const soup = createRequire(import.meta.url)('soupbintcp') as {
    Client: new (options: object, onConnect: () => void) => SoupClient;
  };
  const { feed } = scripted(t);
  const expected = payloads(feed);
  const port = await serve(t, feed);
  const accepted = Promise.withResolvers<unknown>();
  const ending = Promise.withResolvers<void>();
  const messages: Buffer[] = [];
  const client: SoupClient = new soup.Client({ host: '127.0.0.1', port }, () =>
    client.login({ username: '', password: '', requestedSession: '', requestedSequenceNumber: 1 }),
  );
  t.after(() => client.end());
  client.on('accept', accepted.resolve);
  client.on('message', (payload) => {
    messages.push(Buffer.from(payload as Buffer));
    if (messages.length === expected.length) feed.close();
  });
  client.on('ending', () => ending.resolve());
  client.on('error', (error) => ending.reject(error));
  assert.deepEqual(await accepted.promise, { session: '      IOP1', sequenceNumber: 1 });
  await ending.promise;
  assert.deepEqual(messages.slice(0, -1), expected);
  assert.equal(messages.at(-1)!.toString('latin1', 0, 1), 'S');
  assert.equal(messages.at(-1)!.toString('latin1', 11), 'C', 'End of Messages');
});

/** Packets as a capture file: Ethernet, IPv4, then what `transport` makes of each. */
function pcap(packets: Buffer[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  const records = packets.flatMap((packet, index) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_580_367_600, 0);
    record.writeUInt32LE(index, 4);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    return [record, packet];
  });
  return Buffer.concat([header, ...records]);
}

function ipPacket(protocol: number, fromServer: boolean, body: Buffer): Buffer {
  const ethernet = Buffer.from('02000000000102000000000208 00'.replace(' ', ''), 'hex');
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(20 + body.length, 2);
  ip[8] = 64;
  ip[9] = protocol;
  ip.set([10, 0, 0, fromServer ? 1 : 2], 12);
  ip.set([10, 0, 0, fromServer ? 2 : 1], 16);
  return Buffer.concat([ethernet, ip, body]);
}

/** One direction's bytes as TCP segments. */
function tcpSegments(fromServer: boolean, bytes: Buffer, acknowledged: number): Buffer[] {
  const segments: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 1_000) {
    const tcp = Buffer.alloc(20);
    tcp.writeUInt16BE(fromServer ? PORT : PORT + 1, 0);
    tcp.writeUInt16BE(fromServer ? PORT + 1 : PORT, 2);
    tcp.writeUInt32BE(1 + at, 4);
    tcp.writeUInt32BE(1 + acknowledged, 8);
    tcp[12] = 0x50;
    tcp[13] = 0x18;
    tcp.writeUInt16BE(65_000, 14);
    segments.push(ipPacket(6, fromServer, Buffer.concat([tcp, bytes.subarray(at, at + 1_000)])));
  }
  return segments;
}

/** Messages as MoldUDP64 packets of ten (Nasdaq MoldUDP64 1.00, section 2). */
function moldPackets(messages: Buffer[]): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; at < messages.length; at += 10) {
    const blocks = messages.slice(at, at + 10);
    const header = Buffer.alloc(20);
    header.write('IOP1'.padStart(10), 'latin1');
    header.writeBigUInt64BE(BigInt(at + 1), 10);
    header.writeUInt16BE(blocks.length, 18);
    const body = Buffer.concat([
      header,
      ...blocks.flatMap((block) => [Buffer.from([block.length >> 8, block.length]), block]),
    ]);
    const udp = Buffer.alloc(8);
    udp.writeUInt16BE(PORT, 0);
    udp.writeUInt16BE(PORT, 2);
    udp.writeUInt16BE(8 + body.length, 4);
    packets.push(ipPacket(17, true, Buffer.concat([udp, body])));
  }
  return packets;
}

function tshark(capture: Buffer, args: string[]): string {
  const directory = temporaryDirectory('tshark');
  const file = join(directory, 'feed.pcap');
  writeFileSync(file, capture);
  const result = spawnSync('tshark', ['-n', '-r', file, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout;
}

test('tshark reads the TCP stream as SoupBinTCP: types, session, sequence numbers, payloads', {
  skip: needsTshark,
}, async (t) => {
  const { feed } = scripted(t);
  const expected = payloads(feed);
  const port = await serve(t, feed);
  const login = Buffer.from(encodeLoginRequest(LOGIN));
  const socket = connect({ host: '127.0.0.1', port });
  socket.write(login);
  const received: Buffer[] = [];
  await new Promise<void>((resolve) => {
    let bytes = 0;
    const whole = 33 + expected.reduce((sum, payload) => sum + 3 + payload.length, 0);
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      bytes += chunk.length;
      if (bytes >= whole) resolve();
    });
  });
  socket.destroy();
  const capture = pcap([
    ...tcpSegments(false, login, 0),
    ...tcpSegments(true, Buffer.concat(received), login.length),
  ]);
  const fields = ['packet_type', 'session', 'message'];
  const asSoup = ['-d', `tcp.port==${PORT},soupbintcp`];
  const output = tshark(capture, [
    ...[...asSoup, '-T', 'fields', '-E', 'separator=|'],
    ...fields.flatMap((field) => ['-e', `soupbintcp.${field}`]),
  ]);
  const columns = fields.map((_, index) =>
    output
      .trim()
      .split('\n')
      .flatMap((line) => line.split('|')[index].split(','))
      .filter((value) => value !== ''),
  );
  const [types, sessions, messages] = columns;
  assert.deepEqual(types, ["'L'", "'A'", ...expected.map(() => "'S'")]);
  assert.equal(sessions.at(-1)?.trim(), 'IOP1');
  const details = tshark(capture, [...asSoup, '-V']);
  const sequences = [...details.matchAll(/^ +Sequence number: (\d+) \(Calculated\)$/gm)].map((match) =>
    Number(match[1]),
  );
  assert.deepEqual(
    sequences,
    expected.map((_, index) => index + 1),
  );
  assert.deepEqual(
    messages.map((text) => text.replaceAll(':', '')),
    expected.map((payload) => payload.toString('hex')),
  );
});

test('tshark reads the same messages in MoldUDP64 packets', { skip: needsTshark }, (t) => {
  const { feed } = scripted(t);
  const expected = payloads(feed);
  const output = tshark(pcap(moldPackets(expected)), [
    ...['-d', `udp.port==${PORT},moldudp64`, '-T', 'fields', '-E', 'separator=|'],
    ...['-e', 'moldudp64.msgseq', '-e', 'moldudp64.msgdata', '-e', '_ws.malformed'],
  ]);
  const rows = output
    .trim()
    .split('\n')
    .map((line) => line.split('|'));
  assert.deepEqual(
    rows.flatMap(([sequences]) => sequences.split(',').map(Number)),
    expected.map((_, index) => index + 1),
  );
  assert.deepEqual(
    rows.flatMap(([, data]) => data.replaceAll(':', '').split(',')),
    expected.map((payload) => payload.toString('hex')),
  );
  assert.deepEqual([...new Set(rows.map((row) => row[2]))], ['']);
});

test('an ITCH 5.0 dissector that is not ours reads our messages', { skip: needsDissector }, (t) => {
  const { feed } = scripted(t);
  // Our own message type is unknown to others, which is why the packets leave it out here.
  const messages = payloads(feed).filter((payload) => payload[0] !== 0x76);
  const output = tshark(pcap(moldPackets(messages)), ['-X', `lua_script:${DISSECTOR}`, '-V']);
  assert.doesNotMatch(output, /Malformed|Lua Error/);
  const value = (label: string): string[] =>
    [...output.matchAll(new RegExp(`^ +${label}: (.*?)(?: \\(.*\\))?$`, 'gm'))].map((match) =>
      match[1].trim(),
    );
  const decoded: ItchMessage[] = [];
  const framed = messages.flatMap((payload) => [Buffer.from([payload.length >> 8, payload.length]), payload]);
  new ItchFrameReader({
    onItchMessage: (message) => decoded.push(Object.assign(new ItchMessage(), message)),
    onUnknownItchType: () => {},
  }).push(Buffer.concat(framed));
  const of = (types: string, pick: (message: ItchMessage) => number): string[] =>
    decoded
      .filter((message) => types.includes(String.fromCharCode(message.type)))
      .map((message) => String(pick(message)));
  assert.deepEqual(
    value('Order Reference Number'),
    of('AECXD', (m) => m.orderReference),
  );
  assert.deepEqual(
    value('Original Order Reference Number'),
    of('U', (m) => m.orderReference),
  );
  assert.deepEqual(
    value('New Order Reference Number'),
    of('U', (m) => m.newOrderReference),
  );
  assert.deepEqual(
    value('Shares'),
    of('AU', (m) => m.shares),
  );
  assert.deepEqual(
    value('Executed Shares'),
    of('EC', (m) => m.shares),
  );
  assert.deepEqual(
    value('Canceled Shares'),
    of('X', (m) => m.shares),
  );
  assert.deepEqual(
    value('Cross Shares'),
    of('Q', (m) => m.shares),
  );
  assert.deepEqual(
    value('Match Number'),
    of('ECQB', (m) => m.matchNumber),
  );
  assert.deepEqual(
    value('Price'),
    of('AU', (m) => m.price / 10_000),
  );
  assert.deepEqual(
    value('Execution Price'),
    of('C', (m) => m.price / 10_000),
  );
  assert.deepEqual(
    value('Cross Price'),
    of('Q', (m) => m.price / 10_000),
  );
  assert.deepEqual(
    value('Near Price'),
    of('I', (m) => m.nearPrice / 10_000),
  );
  assert.deepEqual(
    value('Paired Shares'),
    of('I', (m) => m.pairedShares),
  );
  assert.deepEqual(
    value('Imbalance Shares'),
    of('I', (m) => m.imbalanceShares),
  );
  assert.deepEqual(
    value('Stock').filter((stock) => stock !== 'ACME'),
    [],
  );
});
