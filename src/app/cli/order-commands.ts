import { join } from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { secondText } from '#codec/json/schemas.ts';
import { MARKET_PRICE } from '#codec/ouch/command-writer.ts';
import type { OuchOptionValues, OutboundMessage } from '#codec/ouch/plain.ts';
import { WIRE_QUANTITY_MAX } from '#codec/soupbin/wire-units.ts';
import { Limits } from '#domain/limits.ts';
import { RejectCode } from '#domain/rejects.ts';
import { DEMO_TRADER, readDemoPasswords } from '../demo/demo-passwords.ts';
import { OuchClient, type OuchOrder, type OuchReport } from '../ouch-client.ts';
import { firstLineOf } from '../small-file.ts';
import { addressOption } from './address-option.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import { askNode } from './node-socket.ts';
import { DATA_DIRECTORY, dataDirOption, integerOption, symbolArgument } from './options.ts';
import { hasNoPrice, rejectText, reportText } from './order-report.ts';
import { OrderUnits } from './order-units.ts';
import type { Output } from './output.ts';
import { type RegulatoryOptions, regulatoryFieldsOf, withRegulatoryFields } from './regulatory-options.ts';
import { type TlsOptions, tlsOf, withTls } from './tls-options.ts';

/** The reports of one command arrive together; whatever is not here by then is of a later one. */
const QUIET_MS = 100;
const WAIT_SECONDS_MAX = 86_400;

interface ConnectionOptions extends TlsOptions {
  readonly dataDir: string;
  readonly connect?: { readonly host: string; readonly port: number };
  readonly user?: string;
  readonly passwordFile?: string;
  readonly wait: number;
}

interface PlaceOptions extends ConnectionOptions, RegulatoryOptions {
  readonly price?: string;
  readonly market?: true;
  readonly stop?: string;
  readonly tif?: string;
  readonly expire?: number;
  readonly postOnly?: true;
  readonly display?: string;
  readonly min?: string;
  readonly tag?: string;
}

interface ReplaceOptions extends ConnectionOptions, RegulatoryOptions {
  readonly price?: string;
  readonly quantity: string;
  readonly stop?: string;
  readonly display?: string;
  readonly tag?: string;
}

/** The message's own field, and the option that says it exactly. */
const TIMES_IN_FORCE: {
  readonly [name: string]: { readonly base: '0' | '3' | '6'; readonly exact?: string };
} = {
  day: { base: '0' },
  gtc: { base: '0', exact: '1' },
  ioc: { base: '3' },
  fok: { base: '3', exact: '4' },
  gtd: { base: '6', exact: '6' },
};

/** `hive order place|cancel|replace`, over the binary gateway like every client. */
export function orderCommands(output: () => Output): Command {
  const order = new Command('order').description('enter, replace and cancel orders over the binary gateway');
  const placing = withConnection(order.command('place'))
    .description('enter an order and print its reports')
    .addArgument(new Argument('<side>', 'what to do').choices(['buy', 'sell']))
    .argument('<quantity>', 'how much, as a decimal number')
    .argument('<symbol>', 'of which instrument', symbolArgument)
    .option('--price <price>', 'limit price, as a decimal number')
    .option('--market', 'a market order')
    .option('--stop <price>', 'wait until the last price reaches this; with --price a stop-limit order')
    .addOption(
      new Option('--tif <time>', 'time in force; default: gtc, with --market ioc').choices(
        Object.keys(TIMES_IN_FORCE),
      ),
    )
    .option('--expire <time>', 'for --tif gtd: when, in UTC, such as 2030-01-31T16:00:00Z', expiryOption)
    .option('--post-only', 'rest or be canceled, never take')
    .option('--display <quantity>', 'show only this much (iceberg)')
    .option('--min <quantity>', 'trade at least this much at once, or cancel')
    .option('--tag <text>', 'up to 14 characters, echoed in reports', tagOption)
    .action((side: string, quantity: string, symbol: string, options: PlaceOptions) =>
      place(side === 'buy' ? 'B' : 'S', quantity, symbol, options, output()),
    );
  withRegulatoryFields(placing, 'default: not said');
  withConnection(order.command('cancel'))
    .description('cancel an order')
    .argument('<number>', 'number of the order, as its reports have it', orderNumber)
    .option(
      '--total <lots>',
      'only reduce it to this many lots, what is executed included',
      integerOption(1, WIRE_QUANTITY_MAX),
    )
    .action((number: number, options: ConnectionOptions & { total?: number }) =>
      trade(options, output(), undefined, async (client) => client.cancel(number, options.total ?? 0)),
    );
  const replacing = withConnection(order.command('replace'))
    .description(
      'give an order new terms and a new number; give all terms that it is to have, also those that stay',
    )
    .argument('<number>', 'number of the order, as its reports have it', orderNumber)
    .argument('<symbol>', 'its instrument', symbolArgument)
    .requiredOption('--quantity <quantity>', 'new total quantity, what is executed included')
    .option('--price <price>', 'new limit price; a limit order needs it')
    .option('--stop <price>', 'new stop price')
    .option('--display <quantity>', 'new displayed quantity')
    .option('--tag <text>', 'up to 14 characters, echoed in reports', tagOption)
    .action((number: number, symbol: string, options: ReplaceOptions) =>
      replace(number, symbol, options, output()),
    );
  withRegulatoryFields(replacing, 'needed with any of those below');
  return order;
}

function withConnection(command: Command): Command {
  return withTls(command)
    .addOption(dataDirOption())
    .option('--connect <host:port>', 'order gateway; default: that of the node on --data-dir', addressOption)
    .option('--user <name>', "login name; default: the demo market's user, if there is one", userOption)
    .option('--password-file <file>', 'its first line is the password; default: $HIVE_PASSWORD')
    .option(
      '--wait <seconds>',
      'go on printing reports for so long, until the order is done',
      integerOption(0, WAIT_SECONDS_MAX),
      0,
    );
}

function place(
  side: 'B' | 'S',
  quantity: string,
  symbol: string,
  options: PlaceOptions,
  output: Output,
): Promise<void> {
  if (options.market !== undefined && (options.price ?? options.stop) !== undefined) {
    throw new CliError(ExitCode.Usage, '--market goes without --price and --stop');
  }
  if ((options.market ?? options.price ?? options.stop) === undefined) {
    throw new CliError(ExitCode.Usage, 'give a limit price with --price, or --market, or --stop');
  }
  if (options.market !== undefined && !['ioc', 'fok'].includes(options.tif ?? 'ioc')) {
    throw new CliError(ExitCode.Usage, '--market goes with --tif ioc or fok');
  }
  if ((options.tif === 'gtd') !== (options.expire !== undefined)) {
    throw new CliError(ExitCode.Usage, '--expire goes with --tif gtd, and gtd needs it');
  }
  return trade(options, output, symbol, (client, units) =>
    client.enter(orderOf(side, quantity, symbol, options, units)),
  );
}

function replace(number: number, symbol: string, options: ReplaceOptions, output: Output): Promise<void> {
  const { quantity, price, tag } = options;
  const regulatoryFields = regulatoryFieldsOf(options);
  // Without it the order would have none from then on.
  if (Object.keys(regulatoryFields).length > 0 && options.capacity === undefined) {
    throw new CliError(
      ExitCode.Usage,
      'a replace that says a regulatory field says all of them anew: give --capacity DEAL, MTCH or AOTC too',
    );
  }
  return trade(options, output, symbol, (client, units) =>
    client.replace(number, {
      quantity: units.lots(quantity),
      price: price === undefined ? MARKET_PRICE : units.price(price),
      ...(tag === undefined ? {} : { clOrdId: tag }),
      options: {
        ...quantityOptions(options, units),
        ...(price === undefined ? {} : { orderType: LIMIT }),
        ...regulatoryFields,
      },
    }),
  );
}

function orderOf(
  side: 'B' | 'S',
  quantity: string,
  symbol: string,
  options: PlaceOptions,
  units: OrderUnits,
): OuchOrder {
  const { price, market, stop, tif, expire, postOnly, min, tag } = options;
  const hasPrice = price !== undefined;
  const { base, exact } = TIMES_IN_FORCE[tif ?? (market === undefined ? 'gtc' : 'ioc')];
  return {
    side,
    symbol,
    quantity: units.lots(quantity),
    price: hasPrice ? units.price(price) : MARKET_PRICE,
    timeInForce: base,
    ...(tag === undefined ? {} : { clOrdId: tag }),
    options: {
      ...quantityOptions(options, units),
      ...(market === undefined ? { orderType: orderTypeOf(hasPrice, stop !== undefined) } : {}),
      ...(exact === undefined ? {} : { timeInForce: exact }),
      ...(expire === undefined ? {} : { expireSeconds: expire }),
      ...(postOnly === undefined ? {} : { postOnly: 'P' }),
      ...(min === undefined ? {} : { minQty: units.lots(min) }),
      ...regulatoryFieldsOf(options),
    },
  };
}

/** Said of every order that has a price: the largest one alone would read as that of a market order. */
const LIMIT = 'L';

function orderTypeOf(hasPrice: boolean, hasStop: boolean): string {
  if (hasStop) return hasPrice ? 'T' : 'S';
  return LIMIT;
}

function quantityOptions(
  options: { readonly display?: string; readonly stop?: string },
  units: OrderUnits,
): OuchOptionValues {
  return {
    ...(options.display === undefined ? {} : { maxFloor: units.lots(options.display) }),
    ...(options.stop === undefined ? {} : { stopPrice: units.price(options.stop) }),
  };
}

/** Connects, sends, prints what comes back. A refusal ends the command with exit status 5. */
async function trade(
  options: ConnectionOptions,
  output: Output,
  symbol: string | undefined,
  send: (client: OuchClient, units: OrderUnits) => Promise<OutboundMessage>,
): Promise<void> {
  const client = await connect(options);
  try {
    const units = symbol === undefined ? undefined : await unitsOf(client, symbol, output);
    const follower = new OrderFollower(output, units);
    client.onReport = (report) => follower.onReport(report);
    const answer = await send(client, units as OrderUnits);
    // A Replace names no instrument: only its answer says which one the order is of.
    const isOfAnother = answer.type === 'OrderReplaced' && answer.symbol !== units?.symbol;
    if (isOfAnother) follower.units = await unitsOf(client, answer.symbol, output);
    follower.follow((answer as { userRefNum: number }).userRefNum, answer);
    if (answer.type === 'Rejected' || answer.type === 'CancelReject') {
      throw new CliError(ExitCode.Refused, 'the venue refused; nothing was changed');
    }
    if (isOfAnother) {
      const { origUserRefNum, userRefNum } = answer;
      throw new CliError(
        ExitCode.Failure,
        `order ${origUserRefNum} was one of ${answer.symbol}, not of ${units?.symbol}: order ${userRefNum} has the terms above. Replace it again, or cancel it: see hive order --help`,
      );
    }
    const connectionEnds = client.next(() => false);
    await follower.done(Math.max(QUIET_MS, options.wait * 1_000), connectionEnds);
    if (!output.json && follower.openLots > 0) {
      const number = follower.userRefNum;
      const cancel = `hive order cancel ${number}${connectionText(options)}`;
      output.result({}, `order ${number} is open; to cancel it: ${cancel}`);
    }
  } finally {
    await client.close();
  }
}

/** The options of the connection as they were given, for another command over the same one. */
function connectionText(options: ConnectionOptions): string {
  const { connect, dataDir, user, passwordFile, tlsCa, tlsCertificate, tlsKey } = options;
  const given = {
    connect: connect && `${connect.host}:${connect.port}`,
    'data-dir': dataDir === DATA_DIRECTORY ? undefined : dataDir,
    'tls-ca': tlsCa,
    'tls-certificate': tlsCertificate,
    'tls-key': tlsKey,
    user,
    'password-file': passwordFile,
  };
  const texts = Object.entries(given).map(([name, value]) =>
    value === undefined ? '' : ` --${name} ${value}`,
  );
  return texts.join('');
}

/** Prints the reports of one order and knows when there is nothing more to come. */
class OrderFollower {
  declare userRefNum: number;
  /** What is open, as far as the reports say; -1 before they do. */
  declare openLots: number;
  declare private readonly output: Output;
  declare units: OrderUnits | undefined;
  declare private readonly early: OuchReport[];
  declare private readonly finished: PromiseWithResolvers<void>;

  constructor(output: Output, units: OrderUnits | undefined) {
    this.userRefNum = 0;
    this.openLots = -1;
    this.output = output;
    this.units = units;
    this.early = [];
    this.finished = Promise.withResolvers();
  }

  /** Takes the order's number from the answer; reports that came with it are printed now. */
  follow(userRefNum: number, answer: OutboundMessage): void {
    this.userRefNum = userRefNum;
    if (answer.type === 'OrderAccepted' || answer.type === 'OrderReplaced') this.openLots = answer.quantity;
    for (const report of this.early) this.#print(report);
    this.early.length = 0;
  }

  onReport(report: OuchReport): void {
    if (this.userRefNum === 0) this.early.push(report);
    else this.#print(report);
  }

  /** Resolves when the order is done, or the time is over. Rejects as `connectionEnds` does, if it does so before. */
  async done(timeoutMs: number, connectionEnds: Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => this.finished.resolve(), timeoutMs);
    await Promise.race([this.finished.promise, connectionEnds]);
    clearTimeout(timer);
  }

  #print(report: OuchReport): void {
    if (!('userRefNum' in report) || report.userRefNum !== this.userRefNum) return;
    const text = reportText(report, this.units);
    if (text === undefined) return;
    this.output.result(this.#withDecimals(report), text);
    if (report.type !== 'OrderExecuted' && report.type !== 'OrderCanceled') return;
    this.openLots = report.options.openQuantity ?? 0;
    if (this.openLots === 0) this.finished.resolve();
  }

  /** The report, with prices, quantities and fees as decimal numbers where the instrument is known. */
  #withDecimals(report: OuchReport): object {
    if (this.units === undefined) return report;
    const decimals: Record<string, string> = {};
    if ('quantity' in report) decimals['quantityDecimal'] = this.units.quantityText(report.quantity);
    if ('price' in report && !hasNoPrice(report)) {
      decimals['priceDecimal'] = this.units.priceText(report.price);
    }
    if (report.type === 'OrderExecuted' || report.type === 'BrokenTrade') {
      decimals['feeDecimal'] = this.units.feeText(report.options.feeMinor ?? 0);
      decimals['feeAsset'] = this.units.feeAsset;
    }
    return { ...report, ...decimals };
  }
}

async function unitsOf(client: OuchClient, symbol: string, output: Output): Promise<OrderUnits> {
  const info = await client.instrument(symbol);
  if (info.tickSize > 0) return new OrderUnits(info);
  // How such an order counts nobody knows: it is not sent, and refused as the venue would have.
  const { UNKNOWN_INSTRUMENT } = RejectCode;
  output.result(
    { type: 'Rejected', symbol, reason: UNKNOWN_INSTRUMENT, options: { rejectName: 'UNKNOWN_INSTRUMENT' } },
    `rejected  ${rejectText(UNKNOWN_INSTRUMENT)}`,
  );
  throw new CliError(ExitCode.Refused, `the venue offers no instrument ${symbol} on this gateway`);
}

async function connect(options: ConnectionOptions): Promise<OuchClient> {
  const address = options.connect ?? (await gatewayOf(options.dataDir));
  const { username, password } = credentials(options);
  return OuchClient.connect({ ...address, tls: tlsOf(options), username, password });
}

async function gatewayOf(dataDirectory: string): Promise<{ host: string; port: number }> {
  const status = (await askNode(dataDirectory, { ask: 'status' })) as {
    ouch: { host: string; port: number };
  };
  const { host, port } = status.ouch;
  return { host: host === '0.0.0.0' ? '127.0.0.1' : host, port };
}

function credentials(options: ConnectionOptions): { username: string; password: string } {
  const { user, passwordFile, dataDir } = options;
  const given = passwordFile === undefined ? process.env['HIVE_PASSWORD'] : firstLine(passwordFile);
  if (given !== undefined && !/^[\x21-\x7e]{1,10}$/.test(given)) {
    throw new CliError(
      ExitCode.Usage,
      `the password in ${passwordFile ?? 'HIVE_PASSWORD'} must be 1 to 10 printable ASCII characters without spaces: the order gateway takes no other`,
    );
  }
  if (user !== undefined && given !== undefined) return { username: user, password: given };
  const username = user ?? DEMO_TRADER;
  const password = readDemoPasswords(dataDir)?.[username];
  if (password !== undefined) return { username, password };
  throw new CliError(
    ExitCode.Usage,
    `no password for ${user ?? 'anybody'}: give --user and --password-file (or the environment variable HIVE_PASSWORD); the demo market's users need neither, with --data-dir ${join(dataDir)}`,
  );
}

function firstLine(file: string): string {
  try {
    return firstLineOf(file);
  } catch (cause) {
    throw new CliError(
      ExitCode.Usage,
      `the password file ${file} cannot be read (${(cause as NodeJS.ErrnoException).code}): --password-file names a file whose first line is the password`,
      { cause },
    );
  }
}

const orderNumber = integerOption(1, Limits.ID_MAX);

/** The last second for which orders have room. */
const EXPIRE_SECONDS_MAX = 2 ** 32 - 1;

function expiryOption(text: string): number {
  const seconds = Date.parse(text) / 1_000;
  // Of what else can be parsed much is local time, or a day that there is not.
  if (seconds > 0 && seconds <= EXPIRE_SECONDS_MAX && secondText(seconds) === text) return seconds;
  throw new InvalidArgumentError(
    'It must be a time in UTC in whole seconds up to 2106-02-07T06:28:15Z, such as 2030-01-31T16:00:00Z.',
  );
}

function userOption(text: string): string {
  if (/^[\x21-\x7e]{1,6}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 6 printable ASCII characters without spaces.');
}

function tagOption(text: string): string {
  if (/^[\x20-\x7e]{1,14}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 14 printable ASCII characters.');
}
