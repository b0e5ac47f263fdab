import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { encodeItch } from '#codec/itch/itch-encoder.ts';
import { ItchCode, ItchMessage, ItchType, packAlpha4 } from '#codec/itch/itch-messages.ts';
import { itchSamples } from '#codec/itch/itch-samples.ts';
import { collectGarbage } from '../../../test/support/collect-garbage.ts';

/** The command line's entry file. */
export const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url));

/** Options of `hive start` that give every door a free port. */
export const FREE_PORTS: readonly string[] = [
  'ouch',
  'market-data',
  'snapshot',
  'http',
  'fix',
  'operations',
].flatMap((door) => [`--${door}-port`, '0']);

export interface CliResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** For tests: runs the real command line in a process of its own, and kills it when it takes longer than `timeoutMs`. */
export function runCli(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  timeoutMs = 60_000,
): Promise<CliResult> {
  collectGarbage();
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, timeout: timeoutMs };
    // As bin/hive.js does: the clock is read by an experimental module.
    const flags = ['--disable-warning=ExperimentalWarning'];
    const child = execFile(process.execPath, [...flags, CLI, ...args], options, (_, stdout, stderr) => {
      if (child.exitCode === null) reject(new Error(`hive ${args.join(' ')} was killed\n${stdout}${stderr}`));
      else resolve({ status: child.exitCode, stdout, stderr });
    });
  });
}

/** For tests: a recorded ITCH file of one stock, two orders, an execution and a delete. */
export function smallItchFile(): Uint8Array {
  const stock = { stockHigh: packAlpha4('TEST'), stockLow: packAlpha4('') };
  const order = (orderReference: number, side: number, shares: number, price: number) => ({
    ...stock,
    orderReference,
    side,
    shares,
    price,
  });
  const directory = itchSamples().get('stock directory') as ItchMessage;
  const messages: Partial<ItchMessage>[] = [
    { ...directory, ...stock, type: ItchType.StockDirectory },
    {
      ...stock,
      type: ItchType.TradingAction,
      tradingState: ItchCode.Trading,
      reserved: ItchCode.Space,
      reason: packAlpha4(''),
    },
    { type: ItchType.AddOrder, ...order(1, ItchCode.Buy, 100, 99_000) },
    { type: ItchType.AddOrder, ...order(2, ItchCode.Sell, 50, 101_000) },
    { type: ItchType.OrderExecuted, orderReference: 1, shares: 40, matchNumber: 7 },
    { type: ItchType.OrderDelete, orderReference: 2 },
  ];
  const bytes = Buffer.alloc(1_024);
  let at = 0;
  for (const [index, fields] of messages.entries()) {
    const message = Object.assign(new ItchMessage(), fields, {
      stockLocate: 1,
      trackingNumber: 0,
      timeNs: 36_000_000_000_000 + index,
    });
    const length = encodeItch(message, bytes, at + 2);
    bytes.writeUInt16BE(length, at);
    at += 2 + length;
  }
  return bytes.subarray(0, at);
}
