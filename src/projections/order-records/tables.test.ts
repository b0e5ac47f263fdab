import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodeTable } from './code-table.ts';
import { isIsin, isLei } from './identifiers.ts';
import { parseInstruments } from './instrument-table.ts';

const LEI = '5493001KJTIIGC8Y1R12';

test('isLei, isIsin: the check digits count', () => {
  assert.deepEqual(
    [LEI, '529900T8BM49AURSDO55', '5493001KJTIIGC8Y1R13', LEI.toLowerCase(), LEI.slice(1)].map(isLei),
    [true, true, false, false, false],
  );
  assert.deepEqual(
    ['US0378331005', 'DE0007164600', 'GB0002634946', 'US0378331006', 'US037833100', 'us0378331005'].map(
      isIsin,
    ),
    [true, true, true, false, false, false],
  );
});

test('CodeTable: finds codes by kind; members by account, or by user', () => {
  const table = CodeTable.parse(
    `kind,code,identification\nmember,7,${LEI}\nmember,user-8,${LEI}\nclient,0012,IT80010\nperson,12,FR19800101JEAN#DUBOI\n`,
  );
  assert.deepEqual(
    [
      table.find('member', 7),
      table.find('member', 'user-8'),
      table.find('member', 8),
      table.find('client', 12),
      table.find('person', 12),
      table.find('algorithm', 12),
    ],
    [LEI, LEI, undefined, 'IT80010', 'FR19800101JEAN#DUBOI', undefined],
  );
});

for (const [row, message] of [
  ['trader,5,X', 'kind "trader" is none of member, client, person, algorithm, broker'],
  ['client,five,X', 'code "five" must be a number below 2^32'],
  ['client,4294967296,X', 'code "4294967296" must be a number below 2^32'],
  ['client,user-5,X', 'code "user-5" must be a number below 2^32'],
  ['member,-5,X', 'code "-5" must be the number of an account, or user- and that of a user'],
  ['client,3,X', `code "3" is nobody's: they begin with 4`],
  [`member,0,${LEI}`, `code "0" is nobody's: they begin with 1`],
  [`client,05,X`, 'client 5 is there already'],
  ['broker,5,X', 'identification "X" of a broker must be an LEI'],
  ['member,5,5493001KJTIIGC8Y1R13', 'identification "5493001KJTIIGC8Y1R13" of a member must be an LEI'],
  [
    'person,5,=1+1',
    'identification "=1+1" must be 1 to 50 letters and digits, behind the first also # . _ + -',
  ],
  ['person,5,', 'identification "" must be 1 to 50 letters and digits, behind the first also # . _ + -'],
]) {
  test(`CodeTable: refuses ${row} and names its line`, () => {
    const text = `kind,code,identification\r\nclient,5,ABC\r\n${row}\r\n`;
    assert.throws(() => CodeTable.parse(text), { name: 'CsvError', message: `line 3: ${message}` });
  });
}

test('CodeTable: a code can be one member’s own, and another’s beside it', () => {
  const other = '529900T8BM49AURSDO55';
  const table = CodeTable.parse(
    `kind,code,member,identification\nclient,5,,ALL\nclient,5,${LEI},OWN\nclient,6,${LEI},SIX\n`,
  );
  assert.deepEqual(
    [table.find('client', 5, LEI), table.find('client', 5, other), table.find('client', 6, LEI)],
    ['OWN', 'ALL', 'SIX'],
  );
  assert.deepEqual([table.find('client', 6, other), table.find('client', 6)], [undefined, undefined]);
  for (const [row, message] of [
    [`client,5,${LEI},B`, `client 5 of ${LEI} is there already`],
    ['client,7,12,B', 'member "12" must be an LEI'],
    [`member,7,${LEI},${LEI}`, `member "${LEI}" stands where a member is named itself`],
  ]) {
    const text = `kind,code,member,identification\nclient,5,${LEI},A\n${row}\n`;
    assert.throws(() => CodeTable.parse(text), { name: 'CsvError', message: `line 3: ${message}` });
  }
});

test('parseInstruments: what is not given is empty', () => {
  const text =
    'symbol,isin,mic,currency,notation,quantity_currency\nABC,US0378331005,XOFF,EUR,MONE,\n"A,B",,,,,USD\n';
  assert.deepEqual(
    [...parseInstruments(text)],
    [
      [
        'ABC',
        {
          ...{ isin: 'US0378331005', mic: 'XOFF', currency: 'EUR', notation: 'MONE' },
          ...{ leg2_currency: '', quantity_notation: '', quantity_currency: '' },
        },
      ],
      [
        'A,B',
        {
          ...{ isin: '', mic: '', currency: '', notation: '' },
          ...{ leg2_currency: '', quantity_notation: '', quantity_currency: 'USD' },
        },
      ],
    ],
  );
});

for (const [row, message] of [
  [',US0378331005,XOFF,EUR,MONE', 'symbol is empty'],
  ['A B,,,,', 'symbol "A B" must be the symbol of an instrument'],
  ['DEF,US0378331006,XOFF,EUR,MONE', 'isin "US0378331006" must be an ISIN'],
  ['DEF,,OFF,EUR,MONE', 'mic "OFF" must be a MIC'],
  ['DEF,,,Euro,MONE', 'currency "Euro" must be a currency of ISO 4217'],
  ['DEF,,,EUR,UNIT', 'notation "UNIT" must be one of MONE, PERC, YIEL, BAPO'],
  ['ABC,,,,', 'symbol ABC is there already'],
]) {
  test(`parseInstruments: refuses ${row} and names its line`, () => {
    const text = `symbol,isin,mic,currency,notation\nABC,,,,\n${row}\n`;
    assert.throws(() => parseInstruments(text), { name: 'CsvError', message: `line 3: ${message}` });
  });
}
