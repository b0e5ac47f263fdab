import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsvError, csvLine, parseCsv, parseTable } from './csv.ts';

test('csvLine: quotes what needs it (RFC 4180)', () => {
  assert.equal(csvLine(['a', '', 'b c']), 'a,,b c\r\n');
  assert.equal(
    csvLine(['a,b', 'say "no"', 'two\nlines', 'r\r']),
    '"a,b","say ""no""","two\nlines","r\r"\r\n',
  );
});

test('parseCsv: reads what csvLine wrote, and other line ends, with the line of each row', () => {
  const rows = [['a,b', 'say "no"', 'two\nlines', ''], ['', ''], ['x']];
  assert.deepEqual(
    parseCsv(rows.map(csvLine).join('')).map(({ cells }) => cells),
    rows,
  );
  assert.deepEqual(parseCsv('\ufeffa,b\n\n"1\n2",3\r\n4,'), [
    { line: 1, cells: ['a', 'b'] },
    { line: 3, cells: ['1\n2', '3'] },
    { line: 5, cells: ['4', ''] },
  ]);
  assert.deepEqual(parseCsv(''), []);
});

test('parseCsv: a quote where none may be is an error with its line', () => {
  for (const text of ['a\n"b', 'a\nb"c"', 'a\n"b"c', 'a\nb\rc'])
    assert.throws(
      () => parseCsv(text),
      { name: 'CsvError', line: 2, message: 'line 2: a quote or a carriage return stands where none may' },
      JSON.stringify(text),
    );
});

test('parseTable: columns go by their names, in any order', () => {
  assert.deepEqual(parseTable('b, a\n1, 2 \n', ['a', 'b'], ['c']), [
    { line: 2, values: { a: '2', b: '1', c: '' } },
  ]);
});

test('parseTable: a first line or a row that does not fit is an error with its line', () => {
  const expected = 'line 1: the first line must be a,b';
  for (const [text, message] of [
    ['', `${expected}: it lacks a, b`],
    ['a\n1', `${expected}: it lacks b`],
    ['a,b,d\n', `${expected}, and may have c: it has "d"`],
    ['a,b,a\n', 'line 1: it has "a" twice'],
    ['a,b\n1,2\n1,2,3\n', 'line 3: it has 3 cells, the first line has 2'],
  ])
    assert.throws(() => parseTable(text, ['a', 'b'], ['c']), { name: 'CsvError', message });
});

test('CsvError: what somebody put into a cell commands no terminal', () => {
  assert.equal(new CsvError(2, 'code "\u001b[2J\u009b\n" is odd').message, 'line 2: code "?[2J??" is odd');
});
