import { commandWords, writeCommand } from '#codec/log/commands.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { Role } from '#domain/commands.ts';
import type { CommandSink } from '#domain/ports.ts';
import { seededRandom } from '#lib/seeded-random.ts';

/** Commands that set up two instruments and `users` funded users, each with its own account. */
export function marketSetup(users: number): CommandInput[] {
  const instrument = {
    type: 'AddInstrument',
    priceDecimals: 2,
    quoteAssetId: 2,
    tickSize: 1,
    lotSize: 1,
    valueNumerator: 1,
    valueDenominator: 1,
    minQtyLots: 1,
    maxQtyLots: 1_000_000,
    makerFeePpm: 100,
    takerFeePpm: 250,
    phase: 4,
  } as const;
  const setup: CommandInput[] = [
    { type: 'AddAsset', assetId: 1, decimals: 8, symbol: 'BTC' },
    { type: 'AddAsset', assetId: 2, decimals: 2, symbol: 'USD' },
    { ...instrument, instrumentId: 1, kind: 1, symbol: 'BTCUSD', baseAssetId: 1, lotBaseMinor: 1 },
    { ...instrument, instrumentId: 2, kind: 2, symbol: 'BTCFUT', initialMarginMinor: 10 },
  ];
  for (let user = 1; user <= users; user++) {
    setup.push({ type: 'AddAccount', accountId: user });
    setup.push({ type: 'AddUser', newUserId: user, accountId: user, role: Role.Trader, name: `U${user}` });
    for (const assetId of [1, 2])
      setup.push({ type: 'Deposit', accountId: user, assetId, amountMinor: 1e12 });
  }
  return setup;
}

/** An endless, seeded flow of new orders, cancels and replaces of `users` users around one price. */
export class RandomFlow {
  readonly #random: () => number;
  readonly #users: number;
  readonly #lastIds: number[];

  constructor(seed: number, users: number) {
    this.#random = seededRandom(seed);
    this.#users = users;
    this.#lastIds = new Array(users + 1).fill(0);
  }

  #integer(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  next(): CommandInput {
    const userId = 1 + this.#integer(this.#users);
    const last = this.#lastIds[userId];
    const instrumentId = 1 + this.#integer(2);
    const kind = this.#integer(100);
    const recent = Math.max(1, last - this.#integer(40));
    if (kind < 35 && last > 0) return { type: 'CancelOrder', userId, clientOrderId: recent };
    this.#lastIds[userId] = last + 1;
    const qtyLots = 1 + this.#integer(50);
    const priceTicks = 1_000 + this.#integer(40) - 20;
    if (kind < 45 && last > 0) {
      return {
        type: 'ReplaceOrder',
        userId,
        clientOrderId: last + 1,
        originalClientOrderId: recent,
        priceTicks,
        qtyLots,
      };
    }
    const displayQtyLots = kind > 90 ? Math.ceil(qtyLots / 3) : 0;
    const timeInForce = kind > 45 && kind < 55 ? 3 : 2;
    return {
      type: 'NewOrder',
      userId,
      instrumentId,
      clientOrderId: last + 1,
      side: 1 + this.#integer(2),
      orderType: 1,
      timeInForce,
      priceTicks,
      qtyLots,
      displayQtyLots: timeInForce === 3 ? 0 : displayQtyLots,
      clientTag: kind % 7 === 0 ? `tag ${last}` : '',
    };
  }
}

/** Puts a command into an outbox. False when it is full. */
export function send(sink: CommandSink, command: CommandInput): boolean {
  const at = sink.reserve(commandWords(command));
  if (at === -1) return false;
  writeCommand(sink.words, at, command);
  return true;
}
