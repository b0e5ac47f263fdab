import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ws from 'ws';
import { SharedMessage } from './shared-message.ts';

/** Public, but not in the types. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };
const OPTIONS = { fin: true, opcode: 1, mask: false, rsv1: false, readOnly: true };

test('shared message: the frame is that of ws, for each form of its length', () => {
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]) {
    const text = 'x'.repeat(length);
    const { frame, payload } = new SharedMessage(text);
    const expected = Buffer.concat(Sender.frame(Buffer.from(text), OPTIONS));
    assert.deepEqual(frame, expected);
    assert.equal(payload.toString(), text);
  }
});

test('shared message: lengths are of bytes, not of characters', () => {
  const { frame } = new SharedMessage('"é"');
  assert.deepEqual([...frame], [0x81, 4, 0x22, 0xc3, 0xa9, 0x22]);
});
