import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { createInbox, headers } from '@nats-io/transport-node';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { connectNats } from './connection.ts';
import { EntryPublisher } from './entry-publisher.ts';
import { NatsLink } from './nats-link.ts';

/** Bytes whose checksum is said to be `crc`: the publisher never looks. */
const bytes = Uint8Array.of(1, 2, 3, 4);

describe('entry publisher, against answers that a test makes up', { skip: whyNoNats() ?? false }, () => {
  let servers: NatsServers;
  let connection: NatsConnection;
  let publisher: EntryPublisher;
  let doubts: string[];
  let full: string[];
  /** What was published and waits for an answer. */
  let published: Msg[];
  let onPublished: () => void;

  before(async () => {
    servers = await NatsServers.start({ count: 1 });
    connection = await connectNats({ servers: servers.urls, name: 'test' });
    connection.subscribe('S.entries', {
      callback: (_error, message) => {
        published.push(message);
        onPublished();
      },
    });
  });
  after(async () => {
    await connection?.close();
    await servers?.close();
  });
  beforeEach(() => {
    doubts = [];
    full = [];
    published = [];
    onPublished = () => {};
    publisher = makePublisher('S.entries');
  });
  afterEach(() => publisher.close());

  function makePublisher(subject: string): EntryPublisher {
    const link = new NatsLink(connection, {
      onDisconnected: () => {},
      onConnected: () => {},
      onRefused: () => {},
      onClosed: () => {},
    });
    return new EntryPublisher(
      {
        link,
        stream: 'S',
        subject,
        onDoubt: (reason) => {
          doubts.push(reason);
          publisher.reset();
        },
        onFull: (description) => full.push(description),
      },
      createInbox(),
      100,
    );
  }

  /** Publishes entries with these checksums and waits for them to arrive. */
  async function publish(...crcs: number[]): Promise<void> {
    const count = published.length + crcs.length;
    const arrived = new Promise<void>((resolve) => {
      onPublished = () => {
        if (published.length === count) resolve();
      };
    });
    for (const crc of crcs) publisher.publish(bytes, crc);
    await arrived;
  }

  async function answer(index: number, text: string): Promise<void> {
    published[index].respond(Buffer.from(text));
    await connection.flush();
  }

  const stored = (index: number, seq: number): Promise<void> =>
    answer(index, JSON.stringify({ stream: 'S', seq }));

  test('settled: acknowledged and delivered with the same bytes, whichever comes first', async () => {
    await publish(11, 12, 13);
    await stored(0, 101);
    assert.equal(publisher.unsettled, 3);
    publisher.onDelivered(101, 11);
    assert.equal(publisher.unsettled, 2);
    publisher.onDelivered(102, 99);
    publisher.onDelivered(103, 12);
    publisher.onDelivered(104, 13);
    assert.equal(publisher.unsettled, 2);
    await stored(1, 103);
    await stored(2, 104);
    assert.equal(publisher.unsettled, 0);
    assert.equal(publisher.hasSettled, true);
    publisher.reset();
    assert.equal(publisher.hasSettled, false);
    assert.deepEqual([doubts, full], [[], []]);
  });

  const wrong: [string, string, RegExp][] = [
    ['sequence 0', '{"stream":"S","seq":0}', /acknowledged as 0/],
    ['no sequence', '{"stream":"S"}', /acknowledged as 0/],
    ['a sequence that was acknowledged', '{"stream":"S","seq":101}', /acknowledged as 101 of S, after 101/],
    ['another stream', '{"stream":"T","seq":102}', /acknowledged as 102 of T/],
    ['a duplicate', '{"stream":"S","seq":102,"duplicate":true}', /acknowledged as 102/],
    ['not JSON', 'OK', /acknowledged as 0/],
    [
      'an error',
      '{"error":{"code":503,"err_code":10008,"description":"not now"}}',
      /refused: not now \(10008\)/,
    ],
    [
      'another failure to store',
      '{"error":{"code":503,"err_code":10077,"description":"store is closed"}}',
      /refused: store is closed/,
    ],
  ];
  for (const [what, text, doubt] of wrong) {
    test(`doubt: ${what}`, async () => {
      await publish(11, 12);
      await stored(0, 101);
      publisher.onDelivered(101, 11);
      await answer(1, text);
      assert.equal(doubts.length, 1);
      assert.match(doubts[0], doubt);
      assert.equal(publisher.unsettled, 0);
    });
  }

  test('doubt: acknowledged, and another entry is delivered under that sequence', async () => {
    await publish(11);
    await stored(0, 101);
    publisher.onDelivered(101, 12);
    assert.deepEqual(doubts, ['entry 101 was acknowledged, and is another']);
    await publish(13);
    publisher.onDelivered(102, 14);
    await stored(1, 102);
    assert.deepEqual(doubts.slice(1), ['entry 102 was acknowledged, and is another']);
  });

  test('doubt: nobody takes the entry', async () => {
    publisher.close();
    publisher = makePublisher('T.entries');
    publisher.publish(bytes, 1);
    await connection.flush();
    assert.deepEqual(doubts, ['the stream has no leader (status 503)']);
  });

  test('doubt: no answer for too long', async (t) => {
    let nowMs = 1_000;
    t.mock.method(performance, 'now', () => nowMs);
    await publish(11);
    nowMs += 2_999;
    publisher.checkAge(3_000);
    assert.deepEqual(doubts, []);
    nowMs += 1;
    publisher.checkAge(3_000);
    assert.deepEqual(doubts, ['an entry has no known fate after 3000 ms']);
    nowMs += 5_000;
    publisher.checkAge(3_000);
    assert.equal(doubts.length, 1);
  });

  test('after a reset, late answers mean nothing', async () => {
    await publish(11, 12);
    publisher.reset();
    await stored(0, 0);
    await answer(1, '{"error":{"code":503,"err_code":10008,"description":"not now"}}');
    await publish(13);
    await stored(2, 101);
    publisher.onDelivered(101, 13);
    assert.equal(publisher.unsettled, 0);
    assert.deepEqual(doubts, []);
  });

  test('full: the limits of stream, account and storage', async () => {
    await publish(11, 12, 13);
    for (const [i, [code, description]] of [
      [10077, 'maximum bytes exceeded'],
      [10002, 'resource limits exceeded for account'],
      [10047, 'insufficient storage resources available'],
    ].entries()) {
      await answer(i, JSON.stringify({ error: { code: 503, err_code: code, description } }));
    }
    assert.deepEqual(full, [
      'maximum bytes exceeded',
      'resource limits exceeded for account',
      'insufficient storage resources available',
    ]);
    assert.deepEqual(doubts, []);
  });

  test('an answer with headers alone is a status', async () => {
    await publish(11);
    published[0].respond(new Uint8Array(), { headers: headers(503, 'No Responders') });
    await connection.flush();
    assert.deepEqual(doubts, ['the stream has no leader (status 503)']);
  });

  test('more entries than PUBLISHED_MAX are a fault of the caller', () => {
    for (let i = 0; i < 16_384; i++) publisher.publish(bytes, i);
    assert.throws(() => publisher.publish(bytes, 1), /Condition: at most PUBLISHED_MAX/);
  });
});
