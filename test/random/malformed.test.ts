import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeCommand } from '#codec/log/commands.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { COMMAND_LAYOUTS } from '#domain/commands.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { checkCore } from '../oracle/core-check.ts';
import { NaiveCore } from '../oracle/naive-core.ts';
import { randomDraft } from './drafts.ts';
import { randomMarket } from './market.ts';
import { resolve } from './resolve.ts';
import { type Dice, pick, randomStyle } from './style.ts';

const SEED = Number(process.env['HIVE_RANDOM_SEED'] ?? Date.now() % 2 ** 31);
const CASES = 20;
const DRAFTS = 250;
const COMMAND_WORDS = 128;
const WORDS = [-1, 0, 1, 2 ** 31 - 1, -(2 ** 31), 0x7f7f7f7f, 0x01020304];
const DOUBLES = [
  Number.NaN,
  -0,
  0.5,
  1.5,
  -1,
  2 ** 53,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
  1e300,
  Infinity,
  -Infinity,
];

/** The core alone, fed with records; its events must be readable, and its structures in order. */
class Fed {
  readonly core: TradingCore;
  /** Reject codes that came. */
  readonly refusals = new Set<number>();
  readonly #words: WordBuffer;

  constructor() {
    this.#words = WordBuffer.allocate(COMMAND_WORDS);
    const onEvents = (words: WordBuffer, from: number, to: number): void => {
      for (const event of readEvents(words, from, to)) {
        if (event.type === 'CommandRejected') this.refusals.add(event.rejectCode);
      }
    };
    this.core = new TradingCore({ onEvents }, { ordersMax: 500, clientTagsMax: 50, requestIdsMax: 50 });
  }

  apply(command: CommandInput, seconds: number, spoil: (words: WordBuffer) => void): void {
    const { core } = this;
    const words = this.#words;
    writeCommand(words, 0, command);
    spoil(words);
    const sequence = core.sequence + 1;
    core.begin(sequence, seconds, 0, 1, 1, sequence);
    core.apply(words, 0);
    core.end();
    checkCore(core);
  }
}

/** Fields that go on as they came: what is in them is the business of doors, and of the node that attests. */
const UNJUDGED = ['type', 'sizeWords', 'clientTag', 'attestedSequence'];
/** By command type, the fields that the core judges. */
const FIELDS = new Map(
  COMMAND_LAYOUTS.map(({ name, fields }) => [name, fields.filter((field) => !UNJUDGED.includes(field.name))]),
);

/** Puts something strange into a field or two, whatever they are; never into the type and size. */
function spoil(dice: Dice, { type }: CommandInput, { i32, f64, u8 }: WordBuffer): void {
  for (let left = dice.int(1, 2); left > 0; left--) {
    const { word, byte, kind } = pick(dice, ...(FIELDS.get(type) ?? []));
    if (kind === 'i53') f64[word >> 1] = pick(dice, ...DOUBLES);
    else if (kind === 'u8') u8[word * 4 + byte] = dice.int(0, 255);
    else i32[word] = pick(dice, ...WORDS, dice.int(-(2 ** 31), 2 ** 31 - 1));
  }
}

test('whatever a record says, the core answers in readable events and stays in order', (context) => {
  context.diagnostic(`repeat with HIVE_RANDOM_SEED=${SEED}`);
  const random = seededRandom(SEED);
  const dice: Dice = { int: (min, max) => min + Math.floor(random() * (max - min + 1)) };
  const refusals = new Set<number>();
  for (let each = 0; each < CASES; each++) {
    // The oracle leads the way: it does not see what is spoilt, and so the two part, but most orders are there for both.
    const oracle = new NaiveCore();
    const fed = new Fed();
    const style = randomStyle(dice);
    let seconds = style.startSeconds;
    for (const command of randomMarket(dice, style)) {
      oracle.apply(command, seconds);
      fed.apply(command, seconds, () => {});
    }
    for (let drafts = 0; drafts < DRAFTS; drafts++) {
      const draft = randomDraft(dice, style);
      seconds += draft.afterSeconds;
      const command = resolve(draft, oracle.venue, seconds);
      oracle.apply(command, seconds);
      if (command.type === 'SetCoreVersion') continue;
      fed.apply(command, seconds, () => {});
      const again = resolve(randomDraft(dice, style), oracle.venue, seconds);
      if (again.type === 'SetCoreVersion') continue;
      fed.apply(again, seconds, (words) => spoil(dice, again, words));
    }
    for (const code of fed.refusals) refusals.add(code);
  }
  assert.ok(refusals.size > 20, `so few kinds of refusals: ${refusals.size}`);
});
