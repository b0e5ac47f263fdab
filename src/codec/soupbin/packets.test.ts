import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeLoginAccepted,
  decodeLoginRequest,
  encodeLoginAccepted,
  encodeLoginRequest,
  SoupPacket,
  soupPacket,
} from './packets.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

test('login request: the bytes of the specification', () => {
  const packet = encodeLoginRequest({
    username: 'TRADR',
    password: 'secret',
    session: 'S1',
    sequenceNumber: 42,
  });
  assert.equal(hex(packet), '\x00\x2fLTRADR secret            S1                  42');
  assert.deepEqual(decodeLoginRequest(packet, 3, packet.length), {
    username: 'TRADR',
    password: 'secret',
    session: 'S1',
    sequenceNumber: 42,
  });
});

test('login request: a 4.x client may add its heartbeat timeout', () => {
  const packet = encodeLoginRequest({
    username: 'TRADR',
    password: 'secret',
    session: '',
    sequenceNumber: 3,
  });
  const longer = Buffer.concat([packet.subarray(3), Buffer.from('15000')]);
  assert.deepEqual(decodeLoginRequest(longer, 0, longer.length), {
    username: 'TRADR',
    password: 'secret',
    session: '',
    sequenceNumber: 3,
  });
});

test('login request: wrong lengths, unprintable bytes and bad numbers are not one', () => {
  const good = encodeLoginRequest({ username: 'A', password: 'B', session: '', sequenceNumber: 1 });
  for (const length of [0, 1, 45, 47, 50, 52]) {
    const payload = new Uint8Array(length).fill(0x20);
    assert.equal(decodeLoginRequest(payload, 0, length), undefined, `length ${length}`);
  }
  for (let at = 3; at < good.length; at++) {
    const bad = good.slice();
    bad[at] = 0x07;
    assert.equal(decodeLoginRequest(bad, 3, bad.length), undefined, `byte ${at}`);
  }
  for (const digits of ['-1', '1.5', '1 2', '0x10', '99999999999999999999', 'abc']) {
    const bad = good.slice();
    bad.set(Buffer.from(digits.padStart(20)), 29);
    assert.equal(decodeLoginRequest(bad, 3, bad.length), undefined, digits);
  }
  const blank = good.slice();
  blank.fill(0x20, 29);
  assert.equal(decodeLoginRequest(blank, 3, blank.length)?.sequenceNumber, 0);
});

test('encodeLoginRequest: a field that does not fit throws', () => {
  const request = { username: 'A', password: 'B', session: '', sequenceNumber: 1 };
  assert.throws(() => encodeLoginRequest({ ...request, username: 'SEVENCH' }), RangeError);
  assert.throws(() => encodeLoginRequest({ ...request, password: '12345678901' }), RangeError);
  assert.throws(() => encodeLoginRequest({ ...request, session: 'ä' }), RangeError);
});

test('login accepted and plain packets: the bytes of the specification', () => {
  const packet = encodeLoginAccepted({ session: 'HIVE', sequenceNumber: 7 });
  assert.equal(hex(packet), '\x00\x1fA      HIVE                   7');
  assert.deepEqual(decodeLoginAccepted(packet, 3, packet.length), { session: 'HIVE', sequenceNumber: 7 });
  assert.equal(decodeLoginAccepted(packet, 3, packet.length - 1), undefined);
  assert.equal(hex(soupPacket(SoupPacket.ServerHeartbeat)), '\x00\x01H');
  assert.equal(hex(soupPacket(SoupPacket.Debug, 'hi')), '\x00\x03+hi');
});
