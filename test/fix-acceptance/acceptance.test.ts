/**
 * Plays QuickFIX's public acceptance definitions against the session layer, over real sockets, with an application that echoes.
 * scripts/install-quickfix.sh fetches the definitions and the dictionaries that go with them.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  buildDictionary,
  type DictionarySource,
  type FixDictionary,
} from '#codec/fix/dictionary/dictionary.ts';
import { FixAcceptor } from '#gateways/fix/fix-acceptor.ts';
import { FileFixStore } from '#gateways/fix/store/file-fix-store.ts';
import { uncounted } from '#gateways/fix/test-support.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { play } from './counterparty.ts';
import { fillTimes, readDefinition } from './definition.ts';
import { EchoApplication } from './echo-application.ts';
import { readQuickFixDictionary } from './quickfix-dictionary.ts';

const QUICKFIX = fileURLToPath(new URL('../../.cache/quickfix/', import.meta.url));
const skip = existsSync(join(QUICKFIX, 'spec')) ? false : 'run scripts/install-quickfix.sh first';

/**
 * Heartbeats are waited for: time runs twice as fast for both sides.
 * It moves by turns of the event loop, so that it stands while the machine does not let this process run:
 * otherwise heartbeats fall due on both sides at once.
 */
const TURN_MS = 10;
const CLOCK_SPEED = 2;
let clockMs = Date.now();
const nowMs = (): number => clockMs;
setInterval(() => {
  clockMs += TURN_MS * CLOCK_SPEED;
}, TURN_MS).unref();

const directory = temporaryDirectory('fix');

const source = (name: string): DictionarySource =>
  readQuickFixDictionary(join(QUICKFIX, 'spec', `${name}.xml`));
const VERSIONS: readonly (readonly [folder: string, count: number, dictionary: () => FixDictionary])[] = [
  ['fix42', 58, () => buildDictionary(source('FIX42'))],
  ['fix44', 59, () => buildDictionary(source('FIX44'))],
  ['fix50sp2', 60, () => buildDictionary(source('FIXT11'), source('FIX50SP2'))],
];

/** Definitions that are not as the specification says, and what we answer there: this one expects 1137 in a BusinessMessageReject. */
const DEVIATIONS: Readonly<Record<string, RegExp>> = {
  'fix50sp2/2r_UnregisteredMsgType.def':
    /\nreceived .*\|45=2\|58=Unsupported Message Type\|372=8\|380=3\|10=\d{3}\|$/,
};

/** Plays one definition against an acceptor and a store of its own. */
async function playAgainstUs(path: string, dictionary: FixDictionary): Promise<void> {
  const acceptor = new FixAcceptor({
    dictionaries: [dictionary],
    application: new EchoApplication(dictionary),
    authenticator: {
      authenticate: ({ senderCompId, targetCompId }) =>
        senderCompId === 'TW' && targetCompId === 'ISLD'
          ? { accepted: true, profile: { id: 'TW', userId: 1, resetOnLogon: true } }
          : { accepted: false, reason: 'unknown' },
      refusal: () => '',
    },
    openStore: async () =>
      new FileFixStore(mkdtempSync(join(directory, 'store-')), nowMs(), { messageBytesMax: 16_384 }),
    logger: { info: () => {}, warn: () => {} },
    limits: { tickMs: 50 },
    nowMs,
  });
  const server = createServer((socket) => acceptor.accept(socket, 'test', uncounted()));
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    await play(readDefinition(readFileSync(path, 'latin1')), (server.address() as AddressInfo).port, nowMs);
  } finally {
    server.close();
    await acceptor.close('test over');
  }
}

/** Definitions that wait for heartbeats, which begin first. */
const isSlow = (file: string): boolean => /^(4a|6)_/.test(file);

test('acceptance definitions', { skip, concurrency: 32 }, async (t) => {
  const all = VERSIONS.flatMap(([folder, count, makeDictionary]) => {
    const dictionary = makeDictionary();
    const files = readdirSync(join(QUICKFIX, 'definitions', folder)).filter((name) => name.endsWith('.def'));
    assert.equal(files.length, count);
    return files.map((file) => ({ folder, file, dictionary }));
  });
  all.sort((a, b) => Number(isSlow(b.file)) - Number(isSlow(a.file)));
  await Promise.all(
    all.map(({ folder, file, dictionary }) =>
      t.test(`${folder}/${file}`, async () => {
        const deviation = DEVIATIONS[`${folder}/${file}`];
        const played = playAgainstUs(join(QUICKFIX, 'definitions', folder, file), dictionary);
        if (deviation === undefined) await played;
        else await assert.rejects(played, deviation);
      }),
    ),
  );
});

test('a definition fails against an acceptor that takes any value of a field', { skip }, async () => {
  const fix44 = source('FIX44');
  const lax = { ...fix44, fields: fix44.fields.map(({ tag, name, type }) => ({ tag, name, type })) };
  await assert.rejects(
    playAgainstUs(join(QUICKFIX, 'definitions/fix44/14e_IncorrectEnumValue.def'), buildDictionary(lax)),
    /line 15: field 35 differs|field 9 differs/,
  );
});

test('times of a definition are whole seconds; one in the future is no nearer than it says', () => {
  const fillAt = (millis: number) =>
    fillTimes('<TIME>|<TIME+121>|<TIME-121>', Date.UTC(2026, 0, 2, 3, 4, 5, millis));
  assert.equal(fillAt(0), '20260102-03:04:05|20260102-03:06:06|20260102-03:02:04');
  assert.equal(fillAt(985), '20260102-03:04:05|20260102-03:06:07|20260102-03:02:04');
});
