import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#lib/seeded-random.ts';
import { buildDictionary, type DictionarySource, FixDictionaryError } from './dictionary/dictionary.ts';
import { FixVersion, platformDictionary } from './dictionary/versions.ts';
import { NO_TAG } from './fix-message.ts';
import { FixValidator, forEachGroupEntry } from './fix-validator.ts';
import { SessionRejectReason } from './rejects.ts';
import { scanned } from './test-support.ts';

const LIMITS = { groupEntriesMax: 4, groupDepthMax: 2 };
const OK = 'ok';

/** A dictionary with a group in a group, a data field and every kind of check. */
const SOURCE: DictionarySource = {
  beginString: 'FIX.T',
  fields: [
    { tag: 8, name: 'BeginString', type: 'STRING' },
    { tag: 9, name: 'BodyLength', type: 'LENGTH' },
    { tag: 10, name: 'CheckSum', type: 'STRING' },
    { tag: 18, name: 'ExecInst', type: 'MULTIPLEVALUESTRING', values: ['G', 'AON'] },
    { tag: 34, name: 'MsgSeqNum', type: 'SEQNUM' },
    { tag: 35, name: 'MsgType', type: 'STRING' },
    { tag: 38, name: 'OrderQty', type: 'QTY' },
    { tag: 54, name: 'Side', type: 'CHAR', values: ['1', '2'] },
    { tag: 58, name: 'Text', type: 'STRING' },
    { tag: 89, name: 'Signature', type: 'DATA' },
    { tag: 93, name: 'SignatureLength', type: 'LENGTH' },
    { tag: 167, name: 'SecurityType', type: 'STRING', values: ['CS', 'FUTURE'] },
    { tag: 453, name: 'NoPartyIDs', type: 'NUMINGROUP' },
    { tag: 448, name: 'PartyID', type: 'STRING' },
    { tag: 447, name: 'PartyIDSource', type: 'CHAR' },
    { tag: 802, name: 'NoPartySubIDs', type: 'NUMINGROUP' },
    { tag: 523, name: 'PartySubID', type: 'STRING' },
    { tag: 803, name: 'PartySubIDType', type: 'INT' },
  ],
  header: [8, 9, 35, 34].map((tag) => ({ tag, required: true })),
  trailer: [
    { tag: 93, required: false },
    { tag: 89, required: false },
    { tag: 10, required: true },
  ],
  messages: [
    {
      name: 'Order',
      msgType: 'D',
      admin: false,
      members: [
        { tag: 54, required: true },
        { tag: 38, required: false },
        { tag: 18, required: false },
        { tag: 167, required: false },
        {
          tag: 453,
          required: false,
          group: [
            { tag: 448, required: true },
            { tag: 447, required: true },
            {
              tag: 802,
              required: false,
              group: [
                { tag: 523, required: false },
                { tag: 803, required: false },
              ],
            },
          ],
        },
      ],
    },
  ],
};
const DICTIONARY = buildDictionary(SOURCE);

/** What is said of an order with such a body: `ok`, or reason and tag. */
function check(body: string, head = '8=FIX.T|9=1|35=D|34=1|', tail = '10=000|'): string {
  const validator = new FixValidator(DICTIONARY, LIMITS);
  const message = scanned(head + body + tail, 32);
  const definition = validator.definition(message);
  if (definition === undefined) return 'no definition';
  if (validator.validate(message, definition)) return OK;
  const { reason, refTag, detail } = validator;
  return `${reason} ${refTag === NO_TAG ? '-' : refTag}${detail === '' ? '' : ` ${detail}`}`;
}

test('validate: each reason, with the tag that is at fault', () => {
  const R = SessionRejectReason;
  const cases: [string, string, string][] = [
    ['54=1|38=100|', OK, ''],
    ['54=1|18=G AON|167=FUTURE|', OK, 'lists and long values'],
    ['54=1|453=2|448=a|447=D|802=1|523=x|803=1|448=b|447=D|38=5|', OK, 'groups'],
    ['54=1|453=0|', OK, 'a group without entries'],
    ['54=1|999=x|', `${R.InvalidTagNumber} 999`, ''],
    ['54=1|0=x|', `${R.InvalidTagNumber} 0`, ''],
    ['54=1|-7=x|', `${R.InvalidTagNumber} -7`, ''],
    ['54=1|x=x|', `${R.InvalidTagNumber} -`, 'not a number'],
    ['38=1|', `${R.RequiredTagMissing} 54`, ''],
    ['54=1|58=x|', `${R.TagNotDefinedForMessageType} 58`, ''],
    ['54=|', `${R.TagWithoutValue} 54`, ''],
    ['54=3|', `${R.ValueIncorrect} 54`, ''],
    ['54=1|18=G X|', `${R.ValueIncorrect} 18`, 'one of a list'],
    ['54=1|167=FUTURES|', `${R.ValueIncorrect} 167`, 'a long value'],
    ['54=1|167=\0\0CS|', `${R.ValueIncorrect} 167`, 'NUL before a value'],
    ['54=12|', `${R.IncorrectDataFormat} 54`, ''],
    ['54=1|38=+1|', `${R.IncorrectDataFormat} 38`, ''],
    ['54=1|38=1|38=2|', `${R.TagMoreThanOnce} 38`, ''],
    ['54=1|34=1|', `${R.TagOutOfOrder} 34`, 'a header field in the body'],
    ['54=1|453=1|447=D|448=a|', `${R.GroupFieldsOutOfOrder} 447`, 'the first field of an entry is another'],
    ['54=1|453=1|448=a|802=1|523=x|447=D|', `${R.GroupFieldsOutOfOrder} 447`, 'order within an entry'],
    ['54=1|453=2|448=a|447=D|', `${R.IncorrectNumInGroup} 453`, 'too few'],
    ['54=1|453=1|448=a|447=D|448=b|447=D|', `${R.IncorrectNumInGroup} 453`, 'too many'],
    ['54=1|453=0|448=a|447=D|', `${R.IncorrectNumInGroup} 453`, 'none announced'],
    ['54=1|453=1|448=a|447=D|802=2|523=x|', `${R.IncorrectNumInGroup} 802`, 'of an inner group'],
    ['54=1|453=1|448=a|', `${R.RequiredTagMissing} 447`, 'in an entry'],
    ['54=1|453=1|448=a|447=D|447=E|', `${R.TagMoreThanOnce} 447`, 'in an entry'],
    ['54=1|453=1|448=a|447=DD|', `${R.IncorrectDataFormat} 447`, 'in an entry'],
    ['54=1|453=x|', `${R.IncorrectDataFormat} 453`, ''],
    ['54=1|453=5|448=a|447=D|', `${R.Other} 453 more than 4 entries`, ''],
  ];
  for (const [body, expected, name] of cases) assert.equal(check(body), expected, `${name} ${body}`);
});

test('validate: header, body and trailer in this order', () => {
  assert.equal(check('', '8=FIX.T|9=1|35=D|54=1|34=1|'), `${SessionRejectReason.TagOutOfOrder} 34`);
  assert.equal(check('54=1|93=1|89=x|38=1|'), `${SessionRejectReason.TagOutOfOrder} 38`);
  assert.equal(check('54=1|93=3|89=a|b|'), OK);
  assert.equal(check('54=1|', '8=FIX.T|9=1|35=D|'), `${SessionRejectReason.RequiredTagMissing} 34`);
});

test('validate: data with a length that is wrong, missing or elsewhere', () => {
  const R = SessionRejectReason;
  const cases: [string, string][] = [
    ['93=3|89=abc|', OK],
    ['93=5|89=a|b|c|', OK],
    ['93=2|89=abc|', `${R.IncorrectDataFormat} 93`],
    ['93=9|89=abc|', `${R.IncorrectDataFormat} 93`],
    ['93=4|89=a|b|c|', `${R.IncorrectDataFormat} 93`],
    ['89=abc|', `${R.RequiredTagMissing} 93`],
    ['89=abc|93=3|', `${R.TagOutOfOrder} 89`],
  ];
  for (const [trailer, expected] of cases)
    assert.equal(check('54=1|', undefined, `${trailer}10=0|`), expected, trailer);
});

test('validate: more fields than a message may have', () => {
  const entries = Array.from({ length: 4 }, (_, i) => `448=${i}|447=D|802=1|523=x|803=1|`).join('');
  assert.equal(check(`54=1|453=4|${entries}`), OK);
  assert.equal(check(`54=1|${'38=1|'.repeat(40)}`), `${SessionRejectReason.TagMoreThanOnce} 38`);
  const validator = new FixValidator(DICTIONARY, LIMITS);
  const message = scanned(`8=FIX.T|9=1|35=D|34=1|54=1|453=4|${entries}10=000|`, 16);
  assert.equal(validator.validate(message, validator.definition(message) as never), false);
});

test('forEachGroupEntry: entries with the groups within them', () => {
  const message = scanned('8=FIX.T|9=1|35=D|34=1|453=2|448=a|447=D|802=2|523=x|523=y|448=b|447=E|54=1|10=0|');
  const group = DICTIONARY.messages.get(message.msgType)?.body.groups.get(453);
  const entries: string[][] = [];
  forEachGroupEntry(message, message.find(453), group as never, (from, to) => {
    entries.push([...message.tags.subarray(from, to)].map((tag, i) => `${tag}=${message.textAt(from + i)}`));
  });
  assert.deepEqual(entries, [
    ['448=a', '447=D', '802=2', '523=x', '523=y'],
    ['448=b', '447=E'],
  ]);
});

test('buildDictionary: sources that contradict themselves are refused', () => {
  const broken: [Partial<DictionarySource>, RegExp][] = [
    [{ fields: [...SOURCE.fields, { tag: 54, name: 'Again', type: 'INT' }] }, /field 54 is defined twice/],
    [{ fields: [{ tag: 8, name: 'BeginString', type: 'TEXT' }] }, /unknown type TEXT/],
    [{ header: [{ tag: 777, required: true }] }, /header has the unknown field 777/],
    [{ messages: [...SOURCE.messages, ...SOURCE.messages] }, /message type D is defined twice/],
    [{ trailer: [{ tag: 453, required: false, group: [] }] }, /group 453 of trailer has no member/],
  ];
  for (const [part, message] of broken) {
    assert.throws(
      () => buildDictionary({ ...SOURCE, ...part }),
      (error) => error instanceof FixDictionaryError && message.test(error.message),
    );
  }
});

test('platformDictionary: an order of each version', () => {
  const order = '11=1|55=BTCUSD|54=1|60=20261126-00:00:00|38=1|40=2|44=1|59=0|';
  const cases: [FixVersion, string, string][] = [
    [FixVersion.Fix42, '21=1|', OK],
    [FixVersion.Fix42, '', `${SessionRejectReason.RequiredTagMissing} 21`],
    [FixVersion.Fix44, '', OK],
    [FixVersion.Fix44, '453=1|448=X|447=D|452=3|', OK],
    [FixVersion.Fix42, '21=1|453=1|448=X|', `${SessionRejectReason.InvalidTagNumber} 453`],
    [FixVersion.Fix44, '453=1|448=1|447=P|452=12|2376=22|802=1|523=a|803=1|', OK],
    [FixVersion.Fix44, '453=1|448=1|2376=22|447=P|', `${SessionRejectReason.GroupFieldsOutOfOrder} 447`],
    [
      FixVersion.Fixt11,
      '453=1|448=1|447=P|452=12|2376=x|',
      `${SessionRejectReason.IncorrectDataFormat} 2376`,
    ],
    [FixVersion.Fix42, '21=1|47=R|109=ACME|1724=5|2593=1|2594=2|2595=Y|', OK],
    [FixVersion.Fix42, '21=1|47=G|', `${SessionRejectReason.ValueIncorrect} 47`],
    [FixVersion.Fix42, '21=1|528=P|', `${SessionRejectReason.InvalidTagNumber} 528`],
    [FixVersion.Fix44, '528=P|1724=5|2593=2|2594=2|2595=Y|2594=0|2595=N|', OK],
    [FixVersion.Fix44, '47=P|', `${SessionRejectReason.InvalidTagNumber} 47`],
    [FixVersion.Fixt11, '2593=1|2595=Y|2594=2|', `${SessionRejectReason.GroupFieldsOutOfOrder} 2595`],
    [FixVersion.Fixt11, '1138=1|', OK],
    [FixVersion.Fix44, '1138=1|', `${SessionRejectReason.InvalidTagNumber} 1138`],
    [FixVersion.Fixt11, '108=1|', `${SessionRejectReason.InvalidTagNumber} 108`],
  ];
  for (const [version, extra, expected] of cases) {
    const validator = new FixValidator(platformDictionary(version), LIMITS);
    const head = `8=${version}|9=1|35=D|34=1|49=A|56=B|52=20261126-00:00:00|`;
    const message = scanned(`${head}${order}${extra}10=000|`);
    const right = validator.validate(message, validator.definition(message) as never);
    assert.equal(right ? OK : `${validator.reason} ${validator.refTag}`, expected, `${version} ${extra}`);
  }
});

test('validate: any fields get an answer, and never an exception', (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const tags = [...SOURCE.fields.map(({ tag }) => tag), 0, 7, 100_000];
  const values = ['1', '2', 'D', 'x', '', '0', '4', '99', 'G AON', '1.5'];
  const counts = new Map<string, number>();
  for (let run = 0; run < 20_000; run++) {
    let body = random() < 0.5 ? '54=1|' : '';
    for (let i = Math.floor(random() * 12); i > 0; i--) body += `${pick(tags)}=${pick(values)}|`;
    const answer = check(body).split(' ')[0] as string;
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  for (const reason of ['ok', '0', '1', '2', '4', '5', '6', '13', '14', '16']) {
    assert.ok((counts.get(reason) ?? 0) > 0, `seed ${seed}: reason ${reason} never came`);
  }
});
