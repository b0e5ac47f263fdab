/**
 * Deterministic order flows for the benchmarks of the book and the core. `node bench/flows.ts` prints what each
 * scenario consists of.
 *
 * A flow is generated before anything is timed, against the naive book, so that every cancel and replace knows
 * what lives. Its depth is stationary by construction: a cancel names a living order with a chance that grows
 * with the depth, and otherwise one that is just gone (the "too late to cancel" of every real market; as new
 * orders must replace what is canceled and filled, a flow with 40% cancels and 20% replaces cannot do without).
 */
import { pathToFileURL } from 'node:url';
import { NaiveBook } from './naive-book.ts';
import { Random } from './support/random.ts';
import { machine, print, rounded } from './support/report.ts';

export const FlowKind = { New: 0, Cancel: 1, Replace: 2, ImmediateOrCancel: 3 } as const;

/** Words of one command: kind | buy << 8, priceTicks, qtyLots, order number. */
export const FLOW_WORDS = 4;

export interface FlowScenario {
  readonly name: string;
  /** Resting orders around which the depth stays. */
  readonly depth: number;
  /** Orders rest up to this far from the middle; two uniform draws, the nearer one counts. */
  readonly halfWidthTicks: number;
  /** Parts per thousand of all commands; the rest are new limit orders. */
  readonly cancelPermille: number;
  readonly replacePermille: number;
  readonly iocPermille: number;
  /** Cancels and replaces that name one of the newest orders (of `YOUNG_ORDERS`); the others name any living one. */
  readonly youngPermille: number;
}

/** The five scenarios of the figures: shares from one end of their ranges to the other, depth 1,000 to 50,000. */
export const FLOW_SCENARIOS: readonly FlowScenario[] = [
  {
    name: 'shallow-narrow',
    depth: 1_000,
    halfWidthTicks: 25,
    cancelPermille: 420,
    replacePermille: 50,
    iocPermille: 120,
    youngPermille: 500,
  },
  {
    name: 'shallow-wide',
    depth: 2_000,
    halfWidthTicks: 2_000,
    cancelPermille: 450,
    replacePermille: 50,
    iocPermille: 100,
    youngPermille: 500,
  },
  {
    name: 'middle-narrow',
    depth: 10_000,
    halfWidthTicks: 100,
    cancelPermille: 400,
    replacePermille: 80,
    iocPermille: 150,
    youngPermille: 500,
  },
  {
    name: 'deep-wide',
    depth: 50_000,
    halfWidthTicks: 5_000,
    cancelPermille: 420,
    replacePermille: 100,
    iocPermille: 100,
    youngPermille: 500,
  },
  {
    name: 'deep-narrow',
    depth: 50_000,
    halfWidthTicks: 200,
    cancelPermille: 400,
    replacePermille: 200,
    iocPermille: 100,
    youngPermille: 500,
  },
];

export interface FlowStatistics {
  readonly commands: number;
  readonly newPermille: number;
  readonly cancelPermille: number;
  readonly replacePermille: number;
  readonly iocPermille: number;
  /** Cancels that name an order which is gone; part of `cancelPermille`. */
  readonly tooLatePermille: number;
  readonly depthMin: number;
  readonly depthMedian: number;
  readonly depthMax: number;
  readonly levelsMedian: number;
  readonly tradesPermille: number;
}

export interface Flow {
  readonly name: string;
  /** The commands, `FLOW_WORDS` words each. */
  readonly words: Int32Array;
  readonly commands: number;
  /** The first commands, which build the depth and are not timed. */
  readonly warmCommands: number;
  /** Order numbers are 1 to `orders`. */
  readonly orders: number;
  /** By command: what the order of a replace had executed before. A venue's new total counts it in. */
  readonly executedLots: Int32Array;
  /** Of the commands after the warm-up. */
  readonly statistics: FlowStatistics;
}

const MIDDLE_TICKS = 1_000_000;
/** The middle walks one tick at a time and stays this close to its start. */
const WALK_TICKS = 500;
const COMMANDS_PER_STEP = 16;
const REST_LOTS_MAX = 100;
const IOC_LOTS_MAX = 60;
/** An immediate-or-cancel order reaches this far beyond the middle: a part of the half width, but not less. */
const IOC_REACH_TICKS_MIN = 4;
const IOC_REACH_DIVISOR = 50;
const YOUNG_ORDERS = 1_000;
const GONE_ORDERS = 256;

/** Generates `commands` commands after the warm-up of `scenario`. The same arguments give the same flow. */
export function generateFlow(scenario: FlowScenario, commands: number, seed: number): Flow {
  const generator = new FlowGenerator(scenario, commands, seed);
  return generator.run();
}

class FlowGenerator {
  declare private readonly scenario: FlowScenario;
  declare private readonly random: Random;
  declare private readonly book: NaiveBook;
  declare private readonly words: Int32Array;
  declare private readonly commands: number;
  /** Living order numbers, in no order, and each one's place in them (-1: not living). */
  declare private readonly living: Int32Array;
  declare private readonly place: Int32Array;
  declare private readonly gone: Int32Array;
  declare private readonly counts: Int32Array;
  /** By order number: what it has executed; and by command, for replaces. */
  declare private readonly executed: Int32Array;
  declare private readonly executedBefore: Int32Array;
  declare private livingCount: number;
  declare private goneCount: number;
  declare private lastOrder: number;
  declare private middleTicks: number;
  declare private at: number;
  declare private trades: number;
  declare private tooLate: number;

  constructor(scenario: FlowScenario, commands: number, seed: number) {
    const total = scenario.depth + commands;
    this.scenario = scenario;
    this.random = new Random(seed);
    this.commands = commands;
    this.words = new Int32Array(total * FLOW_WORDS);
    this.living = new Int32Array(total + 1);
    this.place = new Int32Array(total + 1).fill(-1);
    this.gone = new Int32Array(GONE_ORDERS);
    this.counts = new Int32Array(4);
    this.executed = new Int32Array(total + 1);
    this.executedBefore = new Int32Array(total);
    this.livingCount = 0;
    this.goneCount = 0;
    this.lastOrder = 0;
    this.middleTicks = MIDDLE_TICKS;
    this.at = 0;
    this.trades = 0;
    this.tooLate = 0;
    this.book = new NaiveBook((maker, taker, qty) => {
      this.trades++;
      this.executed[maker] += qty;
      this.executed[taker] += qty;
      if (!this.book.orders.has(maker)) this.#bury(maker);
    });
  }

  run(): Flow {
    const { depth } = this.scenario;
    while (this.livingCount < depth && this.at < depth * FLOW_WORDS) this.#newOrder();
    const warmCommands = this.at / FLOW_WORDS;
    this.counts.fill(0);
    this.trades = 0;
    const depths = new Int32Array(this.commands);
    const levels = new Int32Array(this.commands);
    for (let i = 0; i < this.commands; i++) {
      if (i % COMMANDS_PER_STEP === 0) this.#walk();
      this.#command();
      depths[i] = this.livingCount;
      levels[i] = this.book.bids.prices.length + this.book.asks.prices.length;
    }
    depths.sort();
    levels.sort();
    const permille = (count: number): number => rounded((count * 1_000) / this.commands, 1);
    return {
      name: this.scenario.name,
      words: this.words.slice(0, this.at),
      commands: this.at / FLOW_WORDS,
      warmCommands,
      orders: this.lastOrder,
      executedLots: this.executedBefore.slice(0, this.at / FLOW_WORDS),
      statistics: {
        commands: this.commands,
        newPermille: permille(this.counts[FlowKind.New]),
        cancelPermille: permille(this.counts[FlowKind.Cancel]),
        replacePermille: permille(this.counts[FlowKind.Replace]),
        iocPermille: permille(this.counts[FlowKind.ImmediateOrCancel]),
        tooLatePermille: permille(this.tooLate),
        depthMin: depths[0],
        depthMedian: depths[this.commands >> 1],
        depthMax: depths[this.commands - 1],
        levelsMedian: levels[this.commands >> 1],
        tradesPermille: permille(this.trades),
      },
    };
  }

  #command(): void {
    const { cancelPermille, replacePermille, iocPermille } = this.scenario;
    const draw = this.random.below(1_000);
    if (draw < cancelPermille) this.#cancel();
    else if (draw < cancelPermille + replacePermille) this.#replace();
    else if (draw < cancelPermille + replacePermille + iocPermille) this.#immediateOrCancel();
    else this.#newOrder();
  }

  #walk(): void {
    const step = this.random.below(3) - 1;
    const distance = this.middleTicks + step - MIDDLE_TICKS;
    if (distance <= WALK_TICKS && distance >= -WALK_TICKS) this.middleTicks += step;
  }

  /** A price on the order's own side of the middle. */
  #passivePrice(buy: boolean): number {
    const width = this.scenario.halfWidthTicks;
    const distance = Math.min(this.random.below(width), this.random.below(width));
    return buy ? this.middleTicks - distance : this.middleTicks + 1 + distance;
  }

  #newOrder(): void {
    const buy = this.random.chance(500);
    const order = ++this.lastOrder;
    const price = this.#passivePrice(buy);
    const qty = 1 + this.random.below(REST_LOTS_MAX);
    this.#write(FlowKind.New, buy, price, qty, order);
    if (this.book.add(order, buy, price, qty, true) > 0) this.#birth(order);
    else this.#remember(order);
  }

  #immediateOrCancel(): void {
    const buy = this.random.chance(500);
    const order = ++this.lastOrder;
    const reach = Math.max(IOC_REACH_TICKS_MIN, Math.trunc(this.scenario.halfWidthTicks / IOC_REACH_DIVISOR));
    const price = this.middleTicks + (buy ? reach : -reach);
    const qty = 1 + this.random.below(IOC_LOTS_MAX);
    this.#write(FlowKind.ImmediateOrCancel, buy, price, qty, order);
    this.book.add(order, buy, price, qty, false);
    this.#remember(order);
  }

  #cancel(): void {
    const { depth } = this.scenario;
    const livingPermille = 500 + Math.trunc((20_000 * (this.livingCount - depth)) / depth);
    if (!this.random.chance(livingPermille) && this.goneCount > 0) {
      this.tooLate++;
      const order = this.gone[this.random.below(Math.min(this.goneCount, GONE_ORDERS))];
      this.#write(FlowKind.Cancel, false, 0, 0, order);
      return;
    }
    const order = this.#pick();
    this.#write(FlowKind.Cancel, false, 0, 0, order);
    this.book.cancel(order);
    this.#bury(order);
  }

  /** Three in four change the price; the others grow. All lose their priority. */
  #replace(): void {
    const order = this.#pick();
    const { buy, priceTicks, leaves } = this.book.orders.get(order)!;
    const moves = this.random.chance(750);
    const price = moves ? this.#passivePrice(buy) : priceTicks;
    const qty = moves ? 1 + this.random.below(REST_LOTS_MAX) : leaves + 1 + this.random.below(10);
    this.executedBefore[this.at / FLOW_WORDS] = this.executed[order];
    this.#write(FlowKind.Replace, buy, price, qty, order);
    this.book.replace(order, price, qty);
    if (!this.book.orders.has(order)) this.#bury(order);
  }

  /** A living order. */
  #pick(): number {
    if (this.random.chance(this.scenario.youngPermille)) {
      for (let attempt = 0; attempt < 8; attempt++) {
        const order = this.lastOrder - this.random.below(Math.min(YOUNG_ORDERS, this.lastOrder));
        if (this.place[order] >= 0) return order;
      }
    }
    return this.living[this.random.below(this.livingCount)];
  }

  #write(kind: number, buy: boolean, priceTicks: number, qtyLots: number, order: number): void {
    this.counts[kind]++;
    this.words[this.at++] = kind | (buy ? 1 << 8 : 0);
    this.words[this.at++] = priceTicks;
    this.words[this.at++] = qtyLots;
    this.words[this.at++] = order;
  }

  #birth(order: number): void {
    this.place[order] = this.livingCount;
    this.living[this.livingCount++] = order;
  }

  /** An order left the book, however. */
  #bury(order: number): void {
    const place = this.place[order];
    if (place < 0) return;
    const last = this.living[--this.livingCount];
    this.living[place] = last;
    this.place[last] = place;
    this.place[order] = -1;
    this.#remember(order);
  }

  #remember(order: number): void {
    this.gone[this.goneCount++ % GONE_ORDERS] = order;
  }
}

export const FLOW_NAMES: readonly string[] = FLOW_SCENARIOS.map(({ name }) => name);

/** The scenario with the name, one of FLOW_NAMES. */
export function flowScenario(name: string): FlowScenario {
  return FLOW_SCENARIOS[FLOW_NAMES.indexOf(name)];
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  print({ bench: 'flows', scenario: 'machine', ...machine() });
  for (const scenario of FLOW_SCENARIOS) {
    const { statistics } = generateFlow(scenario, 1_000_000, 1);
    print({ bench: 'flows', scenario: scenario.name, ...statistics });
  }
}
