import fc from 'fast-check';
import { type Case, type Dice, type Draft, randomDraft, randomMarket } from './drafts.ts';

/** Restores the fast core from its image that often in half of the cases. */
const RESTORE_EVERY = 61;
/** Room for live orders: in a quarter of the cases few enough to be reached. */
const FEW_ORDERS = 20;
const MANY_ORDERS = 2_000;

/** Fields that a shrunk draft tries to do without. */
const DISPENSABLE = [
  'displayQtyLots',
  'minQtyLots',
  'orderFlags',
  'selfTradePrevention',
  'clientTag',
  'side',
  'accountId',
  'sessionUserId',
];

/**
 * Random cases of `draftsMax` drafts for fast-check. It draws and shrinks by its own rules, because fast-check's
 * combinators spend more time on generating a command than both engines on applying it: a failure first loses
 * drafts (halves, quarters … single ones), then single drafts lose what they can do without.
 */
export class CaseArbitrary extends fc.Arbitrary<Case> {
  readonly #draftsMax: number;

  constructor(draftsMax: number) {
    super();
    this.#draftsMax = draftsMax;
  }

  override generate(random: fc.Random): fc.Value<Case> {
    const dice: Dice = { int: (min, max) => random.nextInt(min, max) };
    const market = randomMarket(dice);
    const drafts = Array.from({ length: this.#draftsMax }, () => randomDraft(dice));
    const ordersMax = dice.int(1, 4) === 1 ? FEW_ORDERS : MANY_ORDERS;
    const restoreEvery = dice.int(0, 1) * RESTORE_EVERY;
    return new fc.Value({ market, drafts, ordersMax, restoreEvery }, undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is Case {
    return true;
  }

  override shrink(value: Case): fc.Stream<fc.Value<Case>> {
    return fc.stream(smaller(value)).map((each) => new fc.Value(each, undefined));
  }
}

function* smaller(value: Case): IterableIterator<Case> {
  const { drafts } = value;
  if (value.restoreEvery !== 0) yield { ...value, restoreEvery: 0 };
  for (let length = drafts.length; length >= 1; length = Math.floor(length / 2)) {
    for (let from = drafts.length; from > 0; from -= length) {
      const start = Math.max(0, from - length);
      yield { ...value, drafts: [...drafts.slice(0, start), ...drafts.slice(from)] };
    }
  }
  for (const [index, draft] of drafts.entries()) {
    for (const plainer of plainerDrafts(draft)) yield { ...value, drafts: drafts.with(index, plainer) };
  }
}

function* plainerDrafts(draft: Draft): IterableIterator<Draft> {
  if (draft.afterSeconds + draft.afterNanos > 0) yield { ...draft, afterSeconds: 0, afterNanos: 0 };
  if (draft.partner !== undefined) yield { ...draft, partner: undefined };
  for (const name of DISPENSABLE) {
    if (!(name in draft.fields) || draft.fields[name] === 0 || draft.fields[name] === '') continue;
    const { [name]: _dropped, ...fields } = draft.fields;
    if (name !== 'side' || draft.type === 'MassCancel') yield { ...draft, fields };
  }
  const qtyLots = Number(draft.fields['qtyLots'] ?? 1);
  if (qtyLots > 1) yield { ...draft, fields: { ...draft.fields, qtyLots: Math.ceil(qtyLots / 2) } };
}
