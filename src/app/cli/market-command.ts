import type { ConnectionOptions } from 'node:tls';
import { Command, Option } from 'commander';
import { alphaText, ItchCode, type ItchMessage, ItchType } from '#codec/itch/itch-messages.ts';
import { counted } from '#lib/counted.ts';
import { stepText } from '#lib/decimal-text.ts';
import { ItchBookBuilder, ItchClient } from '../itch-client.ts';
import { addressOption } from './address-option.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import { askNode } from './node-socket.ts';
import { dataDirOption, integerOption, symbolArgument } from './options.ts';
import { type Output, table } from './output.ts';
import { type TlsOptions, tlsOf, withTls } from './tls-options.ts';

const DEPTH_DEFAULT = 5;
const DEPTH_MAX = 1_000;
const REDRAW_MS = 500;
/** How the client says that it ended itself. */
const CLOSED_HERE = 'closed by this client';
/** Clears the terminal and goes to its first line. */
const HOME = '\x1b[2J\x1b[H';
const STATES_TEXT = `
Behind the symbol is the trading state: T continuous trading, Q an auction (PREO before the opening one, OPEN, CLOS, LUDP
after a jump of the price), H no trading (CLSD closed, HALT halted).`;

interface MarketOptions extends TlsOptions {
  readonly dataDir: string;
  readonly connect?: { readonly host: string; readonly port: number };
  readonly snapshotPort?: number;
  readonly depth: number;
  readonly once?: true;
}

/** `hive market`: an instrument's book, built from the public feed like any client would. */
export function marketCommand(output: () => Output): Command {
  return withTls(new Command('market'))
    .description("watch an instrument's book, from the market-data feed, until Ctrl-C")
    .argument('<symbol>', 'the instrument', symbolArgument)
    .addOption(dataDirOption())
    .addOption(
      new Option('--connect <host:port>', 'market data; default: that of the node on --data-dir').argParser(
        addressOption,
      ),
    )
    .option('--snapshot-port <port>', 'snapshots; goes with --connect', integerOption(1, 65_535))
    .option('--depth <levels>', 'levels of each side', integerOption(1, DEPTH_MAX), DEPTH_DEFAULT)
    .option('--once', 'print the book once')
    .addHelpText('after', STATES_TEXT)
    .action((symbol: string, options: MarketOptions) => watch(symbol, options, output()));
}

async function watch(symbol: string, options: MarketOptions, output: Output): Promise<void> {
  const { host, port, snapshotPort } = await feedOf(options);
  const tls = tlsOf(options);
  const view = new MarketView(symbol, options.depth);
  const { session } = await readSnapshot({ host, port: snapshotPort, tls }, view);
  if (!view.isKnown) {
    throw new CliError(ExitCode.Refused, view.unknownText());
  }
  const end = await liveEnd({ host, port, tls });
  const isScreen = process.stdout.isTTY === true && !output.json && options.once === undefined;
  const draw = (): void => output.result(view.book(), () => (isScreen ? HOME : '') + view.text());
  let timer: NodeJS.Timeout | undefined;
  const { promise, resolve } = Promise.withResolvers<string>();
  const caughtUp = (): void => {
    draw();
    if (options.once === true) client.close();
    else timer = setInterval(draw, REDRAW_MS);
  };
  const login = { username: '', password: '', session, sequenceNumber: view.nextSequence };
  const client = new ItchClient({ host, port, tls }, login, {
    onLogin: (_, nextSequence) => {
      if (nextSequence >= end) caughtUp();
    },
    onMessage: (message, sequence) => {
      view.apply(message);
      if (sequence === end - 1) caughtUp();
    },
    onEnd: resolve,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => client.close());
  const reason = await promise;
  clearInterval(timer);
  if (!reason.startsWith(CLOSED_HERE)) {
    throw new CliError(ExitCode.NotReachable, `the feed ended: ${reason}. Run the command again`);
  }
}

interface FeedAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: ConnectionOptions | undefined;
}

async function feedOf(options: MarketOptions): Promise<{ host: string; port: number; snapshotPort: number }> {
  if (options.connect === undefined) {
    if (options.snapshotPort !== undefined) {
      throw new CliError(ExitCode.Usage, '--snapshot-port goes with --connect');
    }
    const status = (await askNode(options.dataDir, { ask: 'status' })) as {
      marketData: { host: string; port: number; snapshotPort: number };
    };
    const { host } = status.marketData;
    return { ...status.marketData, host: host === '0.0.0.0' ? '127.0.0.1' : host };
  }
  if (options.snapshotPort === undefined) {
    throw new CliError(ExitCode.Usage, '--connect goes with --snapshot-port');
  }
  return { ...options.connect, snapshotPort: options.snapshotPort };
}

/** Builds a book from the snapshot door: that of some time ago, and the number of the message that follows it. */
function readSnapshot(address: FeedAddress, view: MarketView): Promise<{ session: string }> {
  return new Promise((resolve, reject) => {
    let session = '';
    const login = { username: '', password: '', session: '', sequenceNumber: 1 };
    new ItchClient(address, login, {
      onLogin: (name) => {
        session = name;
      },
      onMessage: (message) => view.apply(message),
      onEnd: (reason) => {
        if (view.nextSequence > 0) resolve({ session });
        else
          reject(
            new CliError(
              ExitCode.NotReachable,
              `no market-data snapshot from ${address.host}:${address.port}: ${reason}`,
            ),
          );
      },
    });
  });
}

/** The number that the feed's next message has: a book is current when it has every message before. */
function liveEnd(address: FeedAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    const login = { username: '', password: '', session: '', sequenceNumber: 0 };
    const client = new ItchClient(address, login, {
      onLogin: (_, nextSequence) => {
        resolve(nextSequence);
        client.close();
      },
      onMessage: () => {},
      onEnd: (reason) =>
        reject(
          new CliError(
            ExitCode.NotReachable,
            `no market data from ${address.host}:${address.port}: ${reason}`,
          ),
        ),
    });
  });
}

interface Scale {
  readonly priceDecimals: number;
  /** Units of 10^-priceDecimals in one tick. */
  readonly tickSize: number;
  readonly qtyDecimals: number;
  readonly lotSize: number;
}

interface Level {
  readonly price: string;
  readonly quantity: string;
  readonly orders: number;
}

/** One instrument's book, and how its numbers read. */
export class MarketView {
  declare private readonly symbol: string;
  declare private readonly depth: number;
  declare private readonly builder: ItchBookBuilder;
  declare private readonly scales: Map<number, Scale>;
  declare private locate: number;
  declare private lastPrice: number;
  declare private trades: number;

  constructor(symbol: string, depth: number) {
    this.symbol = symbol;
    this.depth = depth;
    this.builder = new ItchBookBuilder();
    this.scales = new Map();
    this.locate = 0;
    this.lastPrice = 0;
    this.trades = 0;
  }

  get isKnown(): boolean {
    return this.locate !== 0 && this.scales.has(this.locate);
  }

  get nextSequence(): number {
    return this.builder.nextSequence;
  }

  /** What to say of a feed that does not have the instrument. */
  unknownText(): string {
    const symbols = [...this.builder.symbols.values()];
    return `the feed has no instrument ${this.symbol}; it has ${symbols.join(', ') || 'none yet'}`;
  }

  apply(message: ItchMessage): void {
    if (message.stockLocate === this.locate) this.#noteTrade(message);
    this.builder.apply(message);
    if (message.type !== ItchType.InstrumentScale) return;
    const { stockLocate, priceDecimals, tickSize, qtyDecimals, lotSize } = message;
    this.scales.set(stockLocate, { priceDecimals, tickSize, qtyDecimals, lotSize });
    if (alphaText(message.stockHigh, message.stockLow) === this.symbol) this.locate = stockLocate;
  }

  /** The last price: of the order that was executed, or of a print of its own. What an auction executes is in its Cross Trade. */
  #noteTrade({ type, price, orderReference, printable, shares }: ItchMessage): void {
    const isPrint =
      (type === ItchType.OrderExecutedWithPrice && printable === ItchCode.Yes) ||
      (type === ItchType.CrossTrade && shares > 0);
    if (isPrint) this.lastPrice = price;
    else if (type === ItchType.OrderExecuted) this.lastPrice = this.#priceOf(orderReference);
    else return;
    this.trades++;
  }

  #priceOf(reference: number): number {
    const isIt = (row: { readonly reference: number }): boolean => row.reference === reference;
    const bids = this.builder.side(this.locate, 'B');
    return (bids.find(isIt) ?? this.builder.side(this.locate, 'S').find(isIt))?.price ?? this.lastPrice;
  }

  book(): { symbol: string; bids: Level[]; asks: Level[]; state: string; last: string; trades: number } {
    return {
      symbol: this.symbol,
      state: this.builder.states.get(this.locate) ?? '',
      last: this.lastPrice === 0 ? '' : this.#price(this.lastPrice),
      trades: this.trades,
      bids: this.#levels('B'),
      asks: this.#levels('S'),
    };
  }

  text(): string {
    const { bids, asks, state, last, trades } = this.book();
    const rows = Array.from({ length: Math.max(bids.length, asks.length) }, (_, level) => {
      const { [level]: bid } = bids;
      const { [level]: ask } = asks;
      return [
        bid?.orders ?? '',
        bid?.quantity ?? '',
        bid?.price ?? '',
        ask?.price ?? '',
        ask?.quantity ?? '',
        ask?.orders ?? '',
      ];
    });
    const head = ['orders', 'bid quantity', 'bid', 'ask', 'ask quantity', 'orders'];
    const title = `${this.symbol}  ${state}  last ${last === '' ? '-' : last}, ${counted(trades, 'trade')} seen`;
    return `${title}\n${table(head, rows)}`;
  }

  #levels(side: 'B' | 'S'): Level[] {
    const levels: { price: number; shares: number; orders: number }[] = [];
    for (const { price, shares } of this.builder.side(this.locate, side)) {
      const level = levels.at(-1);
      if (level?.price === price) {
        level.shares += shares;
        level.orders++;
      } else if (levels.length < this.depth) levels.push({ price, shares, orders: 1 });
      else break;
    }
    const { lotSize, qtyDecimals } = this.scales.get(this.locate) as Scale;
    return levels.map(({ price, shares, orders }) => ({
      price: this.#price(price),
      quantity: stepText(shares * lotSize, lotSize, qtyDecimals),
      orders,
    }));
  }

  #price(price: number): string {
    const { tickSize, priceDecimals } = this.scales.get(this.locate) as Scale;
    return stepText(price, tickSize, priceDecimals);
  }
}
