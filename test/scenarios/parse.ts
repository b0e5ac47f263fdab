import type { CommandInput } from '#codec/log/record-types.ts';
import {
  CommandFlag,
  KillScope,
  OrderFlag,
  OrderType,
  Phase,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from '#domain/commands.ts';
import { ASSETS, INSTRUMENTS, type InstrumentName, STAFF, USERS } from './market.ts';

const TIMES_IN_FORCE: Readonly<Record<string, TimeInForce>> = {
  day: TimeInForce.Day,
  gtc: TimeInForce.GoodTillCancel,
  ioc: TimeInForce.ImmediateOrCancel,
  fok: TimeInForce.FillOrKill,
  gtd: TimeInForce.GoodTillDate,
};
const STP_MODES: Readonly<Record<string, SelfTradePrevention>> = {
  newest: SelfTradePrevention.CancelNewest,
  oldest: SelfTradePrevention.CancelOldest,
  both: SelfTradePrevention.CancelBoth,
  decrement: SelfTradePrevention.Decrement,
};

const SENDERS: Readonly<Record<string, number | undefined>> = { operator: 0, ...USERS, ...STAFF };

/** The words of one line, taken from the left. */
class Words {
  readonly #line: string;
  readonly #words: string[];

  constructor(line: string) {
    this.#line = line;
    this.#words = line.split(/\s+/);
  }

  get isEmpty(): boolean {
    return this.#words.length === 0;
  }

  take(): string {
    const word = this.#words.shift();
    if (word === undefined) throw new Error(`scenario line ends too early: ${this.#line}`);
    return word;
  }

  number(): number {
    const word = this.take();
    const value = Number(word.replaceAll('_', ''));
    if (Number.isNaN(value)) throw new Error(`${word} is no number: ${this.#line}`);
    return value;
  }

  pick<Value>(table: Readonly<Record<string, Value>>): Value {
    const word = this.take();
    if (!Object.hasOwn(table, word)) throw new Error(`unknown word ${word}: ${this.#line}`);
    return table[word];
  }
}

/** `105` moves the clock; everything else is a command. */
export type ParsedLine = { readonly seconds: number } | { readonly command: CommandInput };

/**
 * Reads one line of a scenario:
 *
 * - `alice 1 buy 10@100 [gtc|day|ioc|fok|gtd SECONDS] [stop P] [show N] [min N] [oco ID] [post-only] [stp MODE] [tag TEXT [once]] [on perp]`;
 *   without `@P` a market order (default ioc), or with `stop` a stop
 * - `alice cancel 1 [to N] [tag TEXT]` · `alice replace 1 -> 2 10@101 [stop P] [show N] [expire SECONDS] [tag TEXT [once]]`
 * - `alice mass-cancel [side buy] [on coin] [account N] [session bob]`, also by `operator`
 * - `alice connect [NODE.SESSION] [cancel-on-disconnect]` · `alice disconnect [NODE.SESSION]`
 * - `time SECONDS` · `tick [SECONDS]` · `phase NAME [until SECONDS then NAME] [on perp]`
 * - `schedule 3600 Continuous 7200 Closed`
 * - `deposit alice 100 USD [by adam] [id TEXT]` · `withdraw …` · `limits alice ordersMax 3 …`
 * - `kill|revive venue|instrument coin|account alice|user alice [cancel]`
 * - `password adam [none]`: sets or removes it
 * - `raw {…}`: a command as JSON
 */
export function parseLine(line: string): ParsedLine {
  const words = new Words(line);
  const head = words.take();
  if (head === 'time') return { seconds: words.number() };
  if (head === 'raw') return { command: JSON.parse(line.slice(4)) as CommandInput };
  const userId = SENDERS[head];
  if (userId !== undefined) return { command: userCommand(userId, words) };
  return { command: operatorCommand(head, words) };
}

function userCommand(userId: number, words: Words): CommandInput {
  const verb = words.take();
  switch (verb) {
    case 'cancel':
      return cancelOrder(userId, words);
    case 'replace':
      return replaceOrder(userId, words);
    case 'mass-cancel':
      return massCancel(userId, words);
    case 'connect':
      return { type: 'OpenSession', userId, ...session(userId, words) };
    case 'disconnect':
      return { type: 'CloseSession', userId, ...session(userId, words) };
    default:
      return newOrder(userId, Number(verb), words);
  }
}

/** `[NODE.SESSION] [cancel-on-disconnect]`; by default node 1, and the user's number as the session's. */
function session(userId: number, words: Words): { nodeId: number; sessionId: number } {
  const fields: Omit<CommandInput<'OpenSession'>, 'type'> & { nodeId: number; sessionId: number } = {
    nodeId: 1,
    sessionId: userId,
  };
  while (!words.isEmpty) {
    const word = words.take();
    if (word === 'cancel-on-disconnect') fields.cancelOnDisconnect = 1;
    else [fields.nodeId, fields.sessionId] = word.split('.').map(Number);
  }
  return fields;
}

function quantityAndPrice(word: string): { qtyLots: number; priceTicks: number } {
  const [qtyLots, priceTicks = 0] = word.replaceAll('_', '').split('@').map(Number);
  return { qtyLots, priceTicks };
}

function newOrder(userId: number, clientOrderId: number, words: Words): CommandInput {
  const order: CommandInput<'NewOrder'> = {
    type: 'NewOrder',
    userId,
    clientOrderId,
    instrumentId: INSTRUMENTS.coin,
    side: words.pick({ buy: Side.Buy, sell: Side.Sell }),
    ...quantityAndPrice(words.take()),
  };
  while (!words.isEmpty) {
    const word = words.take();
    if (word in TIMES_IN_FORCE) {
      order.timeInForce = TIMES_IN_FORCE[word];
      if (word === 'gtd') order.expireSeconds = words.number();
    } else if (word === 'stop') order.stopPriceTicks = words.number();
    else if (word === 'show') order.displayQtyLots = words.number();
    else if (word === 'min') order.minQtyLots = words.number();
    else if (word === 'oco') order.ocoClientOrderId = words.number();
    else if (word === 'stp') order.selfTradePrevention = words.pick(STP_MODES);
    else if (word === 'post-only') order.orderFlags = OrderFlag.PostOnly;
    else if (word === 'tag') order.clientTag = words.take();
    else if (word === 'once') order.flags = CommandFlag.UniqueTag;
    else if (word === 'on') order.instrumentId = words.pick<number>(INSTRUMENTS);
    else throw new Error(`unknown word in an order: ${word}`);
  }
  const isPriced = order.priceTicks !== 0;
  const isStop = order.stopPriceTicks !== undefined;
  if (isStop) order.orderType = isPriced ? OrderType.StopLimit : OrderType.Stop;
  else order.orderType = isPriced ? OrderType.Limit : OrderType.Market;
  order.timeInForce ??= isPriced || isStop ? TimeInForce.GoodTillCancel : TimeInForce.ImmediateOrCancel;
  return order;
}

function cancelOrder(userId: number, words: Words): CommandInput {
  const command: CommandInput<'CancelOrder'> = {
    type: 'CancelOrder',
    userId,
    clientOrderId: words.number(),
  };
  while (!words.isEmpty) {
    const word = words.take();
    if (word === 'to') command.totalQtyLots = words.number();
    else if (word === 'tag') command.clientTag = words.take();
    else throw new Error(`unknown word in a cancel: ${word}`);
  }
  return command;
}

function replaceOrder(userId: number, words: Words): CommandInput {
  const originalClientOrderId = words.number();
  words.take();
  const command: CommandInput<'ReplaceOrder'> = {
    type: 'ReplaceOrder',
    userId,
    originalClientOrderId,
    clientOrderId: words.number(),
    ...quantityAndPrice(words.take()),
  };
  while (!words.isEmpty) {
    const word = words.take();
    if (word === 'stop') command.stopPriceTicks = words.number();
    else if (word === 'show') command.displayQtyLots = words.number();
    else if (word === 'expire') command.expireSeconds = words.number();
    else if (word === 'tag') command.clientTag = words.take();
    else if (word === 'once') command.flags = CommandFlag.UniqueTag;
    else throw new Error(`unknown word in a replace: ${word}`);
  }
  return command;
}

function massCancel(userId: number, words: Words): CommandInput {
  const command: CommandInput<'MassCancel'> = { type: 'MassCancel', userId };
  while (!words.isEmpty) {
    const word = words.take();
    if (word === 'side') command.side = words.pick({ buy: Side.Buy, sell: Side.Sell });
    else if (word === 'on') command.instrumentId = words.pick<number>(INSTRUMENTS);
    else if (word === 'account') command.accountId = words.number();
    else if (word === 'session') command.sessionUserId = words.pick<number>(USERS);
    else throw new Error(`unknown word in a mass cancel: ${word}`);
  }
  return command;
}

function operatorCommand(head: string, words: Words): CommandInput {
  switch (head) {
    case 'tick':
      return { type: 'Tick' };
    case 'phase':
      return setPhase(words);
    case 'schedule':
      return setSchedule(words);
    case 'deposit':
    case 'withdraw':
      return moveMoney(head === 'deposit' ? 'Deposit' : 'Withdraw', words);
    case 'limits':
      return setLimits(words);
    case 'password':
      return {
        type: 'SetUserPassword',
        targetUserId: words.pick<number>(STAFF),
        passwordHash: new Uint8Array(32).fill(words.isEmpty ? 1 : 0),
      };
    case 'kill':
    case 'revive':
      return setKillSwitch(head === 'kill', words);
    default:
      throw new Error(`unknown command ${head}`);
  }
}

function moveMoney(type: 'Deposit' | 'Withdraw', words: Words): CommandInput {
  const fields: Omit<CommandInput<'Deposit'>, 'type'> = {
    accountId: words.pick<number>(USERS),
    amountMinor: words.number(),
    assetId: words.pick<number>(ASSETS),
  };
  while (!words.isEmpty) {
    const word = words.take();
    if (word === 'by') fields.userId = words.pick<number>(STAFF);
    else if (word === 'id') fields.requestId = words.take();
    else throw new Error(`unknown word in a deposit or withdrawal: ${word}`);
  }
  return { type, ...fields };
}

function setPhase(words: Words): CommandInput {
  const command: CommandInput<'SetPhase'> = {
    type: 'SetPhase',
    instrumentId: INSTRUMENTS.coin,
    phase: words.pick<number>(Phase),
  };
  while (!words.isEmpty) {
    const word = words.take();
    if (word === 'until') command.endSeconds = words.number();
    else if (word === 'then') command.nextPhase = words.pick<number>(Phase);
    else if (word === 'on') command.instrumentId = words.pick<number>(INSTRUMENTS);
  }
  return command;
}

function setSchedule(words: Words): CommandInput {
  const command: Record<string, unknown> = { type: 'SetSchedule', instrumentId: INSTRUMENTS.coin };
  for (let index = 0; !words.isEmpty; index++) {
    command[`secondOfDay${index}`] = words.number();
    command[`phase${index}`] = words.pick<number>(Phase);
  }
  return command as unknown as CommandInput;
}

function setLimits(words: Words): CommandInput {
  const command: Record<string, unknown> = {
    type: 'SetAccountLimits',
    accountId: words.pick<number>(USERS),
  };
  while (!words.isEmpty) command[words.take()] = words.number();
  return command as unknown as CommandInput;
}

function setKillSwitch(isEngaged: boolean, words: Words): CommandInput {
  const scope = words.take();
  const command: CommandInput<'SetKillSwitch'> = { type: 'SetKillSwitch', engaged: isEngaged ? 1 : 0 };
  if (scope === 'venue') command.scope = KillScope.Venue;
  else if (scope === 'instrument') {
    command.scope = KillScope.Instrument;
    command.scopeId = words.pick<number>(INSTRUMENTS as Record<InstrumentName, number>);
  } else {
    command.scope = scope === 'account' ? KillScope.Account : KillScope.User;
    command.scopeId = words.pick<number>(USERS);
  }
  command.cancelOrders = words.isEmpty ? 0 : 1;
  return command;
}
