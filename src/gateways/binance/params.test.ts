import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinanceError } from './errors.ts';
import { Params, paramsOfForms, paramsOfJson } from './params.ts';
import { clientIdOfSigned, payloadOfValues, proofOfSigned, withoutSignature } from './signing.ts';

/** The code of the error that something must throw. */
function codeOf(act: () => unknown): number {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof BinanceError, String(error));
    return error.code;
  }
  return assert.fail('it threw nothing');
}

test('params: forms are one list, decoded; a name that comes twice is refused', () => {
  assert.deepEqual(
    [...paramsOfForms('a=1&b=x%20y+z&&c', 'd=%3D&e==')],
    [
      ['a', '1'],
      ['b', 'x y z'],
      ['c', ''],
      ['d', '='],
      ['e', '='],
    ],
  );
  assert.equal(
    codeOf(() => paramsOfForms('a=1', 'a=1')),
    -1101,
  );
  assert.equal(
    codeOf(() => paramsOfForms('a=%E0%A4')),
    -1100,
  );
  assert.equal(
    codeOf(() => paramsOfForms('a.b=1')),
    -1100,
  );
  const many = Array.from({ length: 33 }, (_, index) => `p${index}=1`).join('&');
  assert.equal(
    codeOf(() => paramsOfForms(many)),
    -1101,
  );
});

test('params: JSON has texts, numbers, booleans and lists', () => {
  assert.deepEqual(
    [...paramsOfJson({ a: 'x', b: 1.5, c: true, d: ['A', 'B'] })],
    [
      ['a', 'x'],
      ['b', '1.5'],
      ['c', 'true'],
      ['d', '["A","B"]'],
    ],
  );
  assert.equal(
    codeOf(() => paramsOfJson({ a: null })),
    -1100,
  );
  assert.equal(
    codeOf(() => paramsOfJson({ a: {} })),
    -1100,
  );
});

test('params: each reader says what it does not take, and what nobody read is refused', () => {
  const params = new Params(
    paramsOfForms('n=7&big=9999999999999999&neg=-1&flag=TRUE&list=["A"]&kind=ONE&empty='),
  );
  assert.deepEqual(
    [params.integer('n'), params.boolean('flag'), params.texts('list'), params.named('kind', { ONE: 1 })],
    [7, true, ['A'], 1],
  );
  assert.deepEqual(
    [params.integer('none'), params.boolean('none'), params.limit(5, 9)],
    [undefined, undefined, 5],
  );
  assert.equal(
    codeOf(() => params.integer('n', 8)),
    -1130,
  );
  assert.equal(
    codeOf(() => params.integer('big')),
    -1100,
  );
  assert.equal(
    codeOf(() => params.integer('neg')),
    -1100,
  );
  assert.equal(
    codeOf(() => params.boolean('n')),
    -1100,
  );
  assert.equal(
    codeOf(() => params.texts('n')),
    -1100,
  );
  assert.equal(
    codeOf(() => params.named('kind', { toString: 1 })),
    -1130,
  );
  assert.equal(
    codeOf(() => params.mandatory('empty')),
    -1102,
  );
  params.finish();
  const unread = new Params(paramsOfForms('a=1&b=2'));
  unread.text('a');
  assert.throws(() => unread.finish(), /read '1' parameter\(s\) but was sent '2': b/);
});

test('signing: all but the signature is signed, over WebSocket by name; the text is its own nonce', () => {
  assert.equal(withoutSignature('a=1&signature=ab&b=2'), 'a=1&b=2');
  assert.equal(withoutSignature('signature=ab'), '');
  const values = paramsOfJson({ timestamp: 5, signature: 'x', apiKey: '7', Zed: 1 });
  assert.equal(payloadOfValues(values), 'Zed=1&apiKey=7&timestamp=5');
  const hex = 'ab'.repeat(32);
  const prove = (payload: string, signature = hex, apiKey: string | undefined = '7') =>
    proofOfSigned(new Params(paramsOfForms(`timestamp=5&signature=${encodeURIComponent(signature)}`)), {
      apiKey,
      payload,
    });
  const [one, same, other] = [prove('a'), prove('a'), prove('b')];
  assert.ok(one.kind === 'signature' && same.kind === 'signature' && other.kind === 'signature');
  const { keyId, timestampMs, windowMs, isWindowSigned } = one.request;
  assert.deepEqual([keyId, timestampMs, windowMs, isWindowSigned], [7, 5, 5_000, true]);
  assert.equal(one.request.nonce, same.request.nonce);
  assert.notEqual(one.request.nonce, other.request.nonce);
  assert.equal(Buffer.from(one.request.signature).toString('hex'), hex);
  const ed25519 = prove('a', Buffer.alloc(64, 9).toString('base64'));
  assert.ok(ed25519.kind === 'signature' && ed25519.request.signature.length === 64);
  assert.equal(
    codeOf(() => prove('a', 'zz')),
    -1100,
  );
  for (const apiKey of ['', '0', '7x', 'hive_7_x'])
    assert.equal(
      codeOf(() => prove('a', hex, apiKey)),
      -2014,
    );
});

test('signing: an order without a text of its own gets one that follows from its signature, however that is written', () => {
  const idOf = (form: string) => clientIdOfSigned(new Params(paramsOfForms(form)));
  const id = idOf(`signature=${'ab'.repeat(32)}`);
  assert.match(id ?? '', /^[\w-]{22}$/);
  assert.equal(idOf(`signature=${'AB'.repeat(32)}`), id);
  assert.notEqual(idOf(`signature=${'ac'.repeat(32)}`), id);
  assert.equal(idOf('a=1'), undefined);
});
