import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReplayFileError } from '../replay-error.ts';
import { ReplayLimits } from '../replay-limits.ts';
import { CsvFields } from './csv-fields.ts';
import { LineCursor } from './line-cursor.ts';
import { midnightInNewYork } from './new-york-time.ts';

async function* chunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
}

async function linesOf(text: string, size: number): Promise<[number, number, string][]> {
  const cursor = new LineCursor('f.csv', chunks(text, size));
  const lines: [number, number, string][] = [];
  while (cursor.next() || (await cursor.advance())) lines.push([cursor.line, cursor.offset, cursor.text()]);
  return lines;
}

describe('LineCursor', () => {
  it('finds the same lines however the text is cut', async () => {
    const text = 'one\r\n\ntwo,2\nlast';
    for (let size = 1; size <= text.length; size++) {
      assert.deepEqual(await linesOf(text, size), [
        [1, 0, 'one'],
        [2, 5, ''],
        [3, 6, 'two,2'],
        [4, 12, 'last'],
      ]);
    }
    assert.deepEqual(await linesOf('one\n', 2), [[1, 0, 'one']]);
    assert.deepEqual(await linesOf('', 1), []);
  });

  it('passes over blank lines after the last line, and a byte order mark before the first', async () => {
    const text = '\ufeffone\r\n\r\ntwo\n\r\n\n';
    for (const size of [1, 2, 3, text.length]) {
      assert.deepEqual(await linesOf(text, size), [
        [1, 3, 'one'],
        [2, 8, ''],
        [3, 10, 'two'],
      ]);
    }
    assert.deepEqual(await linesOf('\n\n', 1), []);
  });

  it('refuses a line without end', async () => {
    const text = `a\n${'x'.repeat(ReplayLimits.LINE_BYTES_MAX + 1)}`;
    await assert.rejects(linesOf(text, 100_000), /f\.csv, line 2, byte 2: a line of more than 1048576 bytes/);
  });
});

describe('CsvFields', () => {
  async function fieldsOf(line: string): Promise<CsvFields> {
    const cursor = new LineCursor('f.csv', chunks(`\n${line}\nend\n`, 1_000));
    await cursor.advance();
    cursor.next();
    const fields = new CsvFields(cursor, 'Look at it');
    fields.start();
    return fields;
  }

  it('reads integers, decimals and texts to the end of the line', async () => {
    const fields = await fieldsOf('-12,0,9007199254740991,34200.05990197,7,1.50,abc,,-0');
    assert.deepEqual(
      [
        fields.integer('a'),
        fields.integer('b'),
        fields.integer('c'),
        fields.decimal('d', 9, true),
        fields.decimal('e', 2, false),
        fields.decimal('f', 2, false),
        fields.text('g'),
        fields.text('h'),
        fields.integer('i'),
      ],
      [-12, 0, 9_007_199_254_740_991, 34_200_059_901_970, 700, 150, 'abc', '', 0],
    );
    fields.end('nine');
    assert.equal((await fieldsOf('1.239')).decimal('x', 2, true), 123);
    assert.equal((await fieldsOf('1.230')).decimal('x', 2, false), 123);
  });

  it('names file, line, byte, field and what it wants', async () => {
    const fault = (read: (fields: CsvFields) => unknown, line: string, message: RegExp) =>
      fieldsOf(line).then((fields) =>
        assert.throws(
          () => read(fields),
          (error: unknown) => {
            assert.ok(error instanceof ReplayFileError);
            assert.match(error.message, /^f\.csv, line 2, byte 1: .*\. Look at it$/);
            assert.match(error.message, message);
            return true;
          },
        ),
      );
    await fault((fields) => fields.integer('size'), 'x,1', /size "x" is not an integer/);
    await fault((fields) => fields.integer('size'), '', /size "" is not an integer/);
    await fault((fields) => fields.integer('size'), '1.5', /size "1.5" is not an integer/);
    await fault((fields) => fields.integer('size'), '-', /size "-"/);
    await fault((fields) => fields.integer('size'), '9007199254740992', /below 2\^53/);
    await fault((fields) => fields.decimal('price', 2, false), '1.234', /at most 2 decimals/);
    await fault((fields) => fields.decimal('price', 2, false), '.', /price "." is not a decimal/);
    await fault((fields) => fields.decimal('price', 2, false), '1.2.3', /not a decimal/);
    await fault((fields) => fields.decimal('price', 2, false), '-1', /not a decimal/);
    await fault((fields) => fields.decimal('price', 9, false), '9999999999', /not a decimal/);
    await fault((fields) => [fields.integer('a'), fields.integer('b')], '1', /ends before b/);
    await fault((fields) => [fields.integer('a'), fields.end('one')], '1,2', /more columns than one/);
  });
});

describe('midnightInNewYork', () => {
  it('is five hours behind in winter and four in summer, and right on the days of the change', () => {
    for (const [date, utc] of [
      ['2020-01-30', '2020-01-30T05:00:00Z'],
      ['2012-06-21', '2012-06-21T04:00:00Z'],
      ['2020-03-08', '2020-03-08T05:00:00Z'],
      ['2020-03-09', '2020-03-09T04:00:00Z'],
      ['2020-11-01', '2020-11-01T04:00:00Z'],
      ['2020-11-02', '2020-11-02T05:00:00Z'],
    ] as const) {
      assert.equal(midnightInNewYork(date), Date.parse(utc) / 1_000, date);
    }
    assert.equal(midnightInNewYork('2020-13-01'), 0);
  });
});
