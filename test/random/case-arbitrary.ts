import fc from 'fast-check';
import type { CommandInput } from '#codec/log/record-types.ts';
import { type CandidateFactory, type Case, runCase, type Step } from './differential.ts';
import { randomDraft } from './drafts.ts';
import { randomMarket } from './market.ts';
import { type Dice, isOneIn, pick, randomStyle } from './style.ts';

/** How often the fast core is restored from its image; 0 never. */
const RESTORE_EVERY = [0, 0, 0, 0, 61, 61, 7, 1];
/** How often the accounts are compared; after each command while a case is made smaller. */
const ACCOUNTS_EVERY = 4;
/** Room for live orders: in a quarter of the cases few enough to be reached. */
const FEW_ORDERS = 20;
const MANY_ORDERS = 2_000;
/** Texts that are remembered: in half of the cases few enough to be forgotten. */
const FEW_TAGS = 5;
const MANY_TAGS = 1_000;
/** Ids of deposits and withdrawals that are remembered, likewise. */
const FEW_REQUEST_IDS = 3;
const MANY_REQUEST_IDS = 1_000;

/** Fields of an order that a shrunk command tries to do without. */
const DISPENSABLE = [
  'displayQtyLots',
  'minQtyLots',
  'orderFlags',
  'selfTradePrevention',
  'clientTag',
  'flags',
  'ocoClientOrderId',
  'expireSeconds',
] as const;

/**
 * Random cases of `draftsMax` drafts for fast-check. It draws and shrinks by its own rules, because fast-check's
 * combinators spend more time on generating a command than both engines on applying it. Shrinking begins with the
 * commands that the drafts became, up to the one that failed: leaving one out leaves the others what they are. First
 * halves, quarters … single commands are left out, then fields.
 */
export class CaseArbitrary extends fc.Arbitrary<Case> {
  readonly #draftsMax: number;
  readonly #applied: WeakMap<Case, readonly Step[]>;

  constructor(draftsMax: number) {
    super();
    this.#draftsMax = draftsMax;
    this.#applied = new WeakMap();
  }

  /** Runs a case, as `runCase`, and remembers the commands that it came to. @returns how many */
  run(createCandidate: CandidateFactory, each: Case): number {
    const steps: Step[] = [];
    this.#applied.set(each, steps);
    runCase(createCandidate, each, steps);
    return steps.length;
  }

  override generate(random: fc.Random): fc.Value<Case> {
    const dice: Dice = { int: (min, max) => random.nextInt(min, max) };
    const style = randomStyle(dice);
    const { startSeconds } = style;
    const value = {
      steps: randomMarket(dice, style).map((command) => ({ command, seconds: startSeconds, nanos: 0 })),
      drafts: Array.from({ length: this.#draftsMax }, () => randomDraft(dice, style)),
      startSeconds,
      ordersMax: isOneIn(dice, 4) ? FEW_ORDERS : MANY_ORDERS,
      clientTagsMax: isOneIn(dice, 2) ? FEW_TAGS : MANY_TAGS,
      requestIdsMax: isOneIn(dice, 2) ? FEW_REQUEST_IDS : MANY_REQUEST_IDS,
      restoreEvery: pick(dice, ...RESTORE_EVERY),
      accountsEvery: ACCOUNTS_EVERY,
    };
    return new fc.Value(value, undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is Case {
    return true;
  }

  override shrink(value: Case): fc.Stream<fc.Value<Case>> {
    const steps = this.#applied.get(value) ?? value.steps;
    return fc.stream(smaller({ ...value, steps, drafts: [] })).map((each) => new fc.Value(each, undefined));
  }
}

function* smaller(value: Case): IterableIterator<Case> {
  const { steps } = value;
  if (value.accountsEvery !== 1) yield { ...value, accountsEvery: 1 };
  if (value.restoreEvery !== 0) yield { ...value, restoreEvery: 0 };
  for (let length = steps.length; length >= 1; length = Math.floor(length / 2)) {
    for (let end = steps.length; end > 0; end -= length) {
      const start = Math.max(0, end - length);
      yield { ...value, steps: [...steps.slice(0, start), ...steps.slice(end)] };
    }
  }
  for (const [index, step] of steps.entries()) {
    for (const command of plainer(step.command)) {
      yield { ...value, steps: steps.with(index, { ...step, command }) };
    }
  }
}

function* plainer(command: CommandInput): IterableIterator<CommandInput> {
  if (command.type !== 'NewOrder') return;
  for (const name of DISPENSABLE) {
    if (command[name] !== undefined && command[name] !== 0 && command[name] !== '') {
      const { [name]: _dropped, ...rest } = command;
      yield rest as CommandInput;
    }
  }
}
