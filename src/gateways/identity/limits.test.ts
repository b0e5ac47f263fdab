import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { addressKey } from './address.ts';
import { ConnectionLimits, type ConnectionPlace } from './connection-limits.ts';
import { NonceLimits, NonceMemory } from './nonce-memory.ts';
import { RateLimiter } from './rate-limiter.ts';
import { answerOf, directoryOf, keyAdded, ManualAccessClock, userAdded } from './test-support.ts';

test('addressKey: IPv4 as it is, also when mapped; IPv6 by its /64', () => {
  const keys: Record<string, string> = {
    '10.0.0.1': '10.0.0.1',
    '::ffff:10.0.0.1': '10.0.0.1',
    '::FFFF:10.0.0.1': '10.0.0.1',
    '::1': '0:0:0:0::/64',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '2001:0DB8:0001:0002::': '2001:db8:1:2::/64',
    '2001:db8::6': '2001:db8:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
    '64:ff9b::1.2.3.4': '64:ff9b:0:0::/64',
    '1:2:3:4:5:6:1.2.3.4': '1:2:3:4::/64',
  };
  for (const [address, key] of Object.entries(keys)) assert.equal(addressKey(address), key, address);
  assert.equal(addressKey(undefined), '');
});

test('rate limiter: a burst, then what comes back, with exact values for headers', () => {
  const clock = new ManualAccessClock();
  const limiter = new RateLimiter<string>({ perSecond: 10, burst: 3 }, clock);
  const take = (weight?: number) => limiter.take('a', weight);
  const decision = (allowed: boolean, remaining: number, resetMs: number, retryAfterMs: number) => ({
    allowed,
    limit: 3,
    remaining,
    resetMs,
    retryAfterMs,
  });
  assert.deepEqual(limiter.peek('a'), decision(true, 3, 0, 0));
  assert.deepEqual(take(), decision(true, 2, 100, 0));
  assert.deepEqual(take(2), decision(true, 0, 300, 0));
  assert.deepEqual(take(), decision(false, 0, 300, 100));
  assert.deepEqual(take(3), decision(false, 0, 300, 300));
  assert.deepEqual(take(9), decision(false, 0, 300, 300), 'a weight above the burst is the whole bucket');
  assert.deepEqual(limiter.peek('a'), decision(false, 0, 300, 100), 'what was refused took nothing');
  assert.deepEqual(limiter.take('b'), decision(true, 2, 100, 0), 'another key has its own');
  clock.passedMs += 99;
  assert.deepEqual(take(), decision(false, 0, 201, 1));
  clock.passedMs += 1;
  assert.deepEqual(take(), decision(true, 0, 300, 0));
  clock.passedMs += 1_000_000;
  assert.deepEqual(take(3), decision(true, 0, 300, 0), 'no more than the burst is saved up');
});

test('rate limiter: agrees with a bucket that is filled drop by drop', () => {
  const seed = Number(process.env['HIVE_SEED'] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const whole = (below: number) => Math.floor(random() * below);
  for (let round = 0; round < 200; round++) {
    const rate = { perSecond: 1 + whole(50), burst: 1 + whole(20) };
    const clock = new ManualAccessClock();
    const limiter = new RateLimiter<number>(rate, clock);
    // Thousandths of a unit.
    let level = rate.burst * 1_000;
    for (let step = 0; step < 100; step++) {
      const passedMs = whole(150);
      clock.passedMs += passedMs;
      level = Math.min(rate.burst * 1_000, level + passedMs * rate.perSecond);
      const weight = 1 + whole(rate.burst);
      const allowed = level >= weight * 1_000;
      const retryAfterMs = allowed ? 0 : Math.ceil((weight * 1_000 - level) / rate.perSecond);
      if (allowed) level -= weight * 1_000;
      assert.deepEqual(
        limiter.take(7, weight),
        {
          allowed,
          limit: rate.burst,
          remaining: Math.floor(level / 1_000),
          resetMs: Math.ceil((rate.burst * 1_000 - level) / rate.perSecond),
          retryAfterMs,
        },
        `HIVE_SEED=${seed}`,
      );
    }
  }
});

test('rate limiter: a full table refuses new keys until the oldest bucket is full, and forgets none before', () => {
  const clock = new ManualAccessClock();
  const limiter = new RateLimiter<string>({ perSecond: 1, burst: 2 }, clock, 2);
  assert.equal(limiter.take('a', 2).allowed, true);
  assert.equal(limiter.take('b').allowed, true);
  assert.deepEqual(limiter.take('c'), {
    allowed: false,
    limit: 2,
    remaining: 0,
    resetMs: 2_000,
    retryAfterMs: 2_000,
  });
  assert.equal(limiter.take('a').allowed, false, 'those who have a place keep their bucket');
  clock.passedMs += 2_000;
  assert.equal(limiter.take('c').allowed, true);
  assert.equal(limiter.take('d').allowed, true);
});

/** Uses nonces of keys; key N is user N's where nothing else is said. */
function usesOf(nonces: NonceMemory) {
  return (keyId: number, nonce: string, userId = keyId) => {
    const key = directoryOf(
      userAdded(userId, `U${userId}`),
      keyAdded(keyId, userId, new Uint8Array(32)),
    ).apiKey(keyId)!;
    return nonces.has(key, nonce) ? 'REPLAYED' : answerOf(nonces.keep(key, nonce));
  };
}

test('nonces: a replay is refused as long as a request could be in its window, by key', () => {
  const clock = new ManualAccessClock();
  const use = usesOf(new NonceMemory(1_000, clock));
  assert.equal(use(1, 'a'), 'ok');
  assert.equal(use(1, 'a'), 'REPLAYED');
  assert.equal(use(2, 'a'), 'ok');
  assert.equal(use(1, 'b'), 'ok');
  clock.passedMs += 999;
  assert.equal(use(1, 'a'), 'REPLAYED');
  clock.passedMs += 1;
  assert.equal(use(1, 'a'), 'ok');
});

test('nonces: where the wall clock was set back they are kept until it says so too, and the others are not', () => {
  const clock = new ManualAccessClock();
  const use = usesOf(new NonceMemory(1_000, clock, { PER_KEY_MAX: 2, PER_USER_MAX: 2, MAX: 2 }));
  assert.equal(use(1, 'a'), 'ok');
  clock.wallOffsetMs = -2_500;
  assert.equal(use(1, 'b'), 'ok');
  clock.passedMs += 1_000;
  assert.deepEqual([use(1, 'a'), use(1, 'b'), use(1, 'c')], ['REPLAYED', 'ok', 'TOO_MANY_NONCES 1000']);
  clock.passedMs += 2_499;
  assert.equal(use(1, 'a'), 'REPLAYED');
  clock.passedMs += 1_000;
  assert.equal(use(1, 'a'), 'ok', 'a round later at the latest');
});

test('nonces: full, of one key or of all, means refused; nothing is forgotten for room', () => {
  const clock = new ManualAccessClock();
  const use = usesOf(new NonceMemory(1_000, clock, { PER_KEY_MAX: 2, PER_USER_MAX: 2, MAX: 3 }));
  assert.deepEqual([use(1, 'a'), use(1, 'b')], ['ok', 'ok']);
  clock.passedMs += 400;
  assert.equal(use(1, 'c'), 'TOO_MANY_NONCES 600');
  assert.equal(use(2, 'c'), 'ok');
  assert.equal(use(3, 'c'), 'TOO_MANY_NONCES 600');
  assert.equal(use(1, 'a'), 'REPLAYED');
  clock.passedMs += 600;
  assert.deepEqual([use(1, 'c'), use(3, 'c'), use(4, 'c')], ['ok', 'ok', 'TOO_MANY_NONCES 400']);
});

test('nonces: a user has a bound over all keys, and it is given back to the user who had it', () => {
  const clock = new ManualAccessClock();
  const use = usesOf(new NonceMemory(1_000, clock, { PER_KEY_MAX: 2, PER_USER_MAX: 3, MAX: 100 }));
  assert.deepEqual([use(1, 'a', 7), use(1, 'b', 7), use(2, 'a', 7)], ['ok', 'ok', 'ok']);
  assert.equal(use(2, 'b', 7), 'TOO_MANY_NONCES 1000');
  assert.equal(use(3, 'a', 7), 'TOO_MANY_NONCES 1000');
  assert.equal(use(4, 'a', 8), 'ok');
  assert.equal(use(2, 'b', 8), 'ok', 'the key was revoked, and its number given to another user');
  clock.passedMs += 1_000;
  assert.deepEqual([use(2, 'a', 7), use(2, 'b', 7), use(3, 'a', 7)], ['ok', 'ok', 'ok']);
  assert.ok(NonceLimits.PER_USER_MAX * 4 <= NonceLimits.MAX, 'no user fills what is there for all');
});

test('connections: in total, of strangers, and from one address; a place given back twice counts once', () => {
  const limits = new ConnectionLimits({ connectionsMax: 4, strangersMax: 3, perAddressMax: 2 });
  const enter = (address: string) => limits.enter(address) as ConnectionPlace;
  const first = enter('10.0.0.1');
  const second = enter('::ffff:10.0.0.1');
  assert.equal(limits.enter('10.0.0.1'), 'too many from one address');
  enter('10.0.0.2');
  assert.equal(limits.enter('10.0.0.3'), 'too many strangers');
  first.admit();
  first.admit();
  assert.deepEqual([limits.connections, limits.strangers], [3, 2]);
  enter('10.0.0.3');
  second.admit();
  assert.equal(limits.enter('10.0.0.4'), 'too many');
  first.leave();
  first.leave();
  assert.deepEqual([limits.connections, limits.strangers], [3, 2]);
  assert.equal(typeof limits.enter('10.0.0.1'), 'object');
});

test('connections: the oldest stranger who only waits makes room, also where members have the rest', () => {
  const limits = new ConnectionLimits({ connectionsMax: 4, strangersMax: 3, perAddressMax: 9 });
  const cut: string[] = [];
  const enter = (name: string, onlyWaits = true) => {
    const place = limits.enter('10.0.0.1');
    if (typeof place === 'string') return place;
    place.evict = () => {
      if (onlyWaits) cut.push(name);
      return onlyWaits;
    };
    return place;
  };
  enter('a', false);
  const b = enter('b') as ConnectionPlace;
  enter('c');
  const d = enter('d') as ConnectionPlace;
  assert.deepEqual([cut, limits.connections, limits.strangers], [['b'], 3, 3]);
  b.leave();
  d.admit();
  enter('e');
  assert.deepEqual([cut, limits.connections, limits.strangers], [['b'], 4, 3]);
  (enter('f') as ConnectionPlace).admit();
  assert.deepEqual([cut, limits.connections, limits.strangers], [['b', 'c'], 4, 2]);
  (enter('g') as ConnectionPlace).admit();
  assert.deepEqual([cut, limits.connections, limits.strangers], [['b', 'c', 'e'], 4, 1]);
  assert.equal(enter('h'), 'too many', 'one is at work, and members stay');
});
