import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress } from './progress.ts';

test('Progress: the bar stays in one line of a narrow terminal', (t) => {
  const { columns } = process.stderr;
  t.after(() => {
    process.stderr.columns = columns;
  });
  process.stderr.columns = 40;
  const write = t.mock.method(process.stderr, 'write', () => true);
  new Progress('reading the log', true).update(1, 2);
  const [drawn] = write.mock.calls.map(({ arguments: [text] }) => text);
  write.mock.restore();
  assert.equal(drawn, `\r\x1b[2Kreading the log [###############........`);
});
