import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChildNode, compareReports, startChildNode, Trader } from './traders.ts';

const TRADERS = ['U1', 'U2', 'U3', 'U4'];
/** Reports of each trader before the node is told to stop. */
const REPORTS_MIN = 50;

/** How a node stopped. */
export interface Shutdown {
  /** From SIGTERM until the process had ended. */
  readonly tookMs: number;
  readonly exitCode: number | null;
  /** Reports that clients had got, all of which the node told again after its next start. */
  readonly reports: number;
}

/**
 * Stops a node by SIGTERM while four users trade, and starts it again.
 * @throws AssertionError when a report that a client got is lost or another one
 */
export async function stopUnderLoad(directory: string): Promise<Shutdown> {
  const node = await startChildNode(directory);
  const traders = TRADERS.map((name, index) => new Trader(name, index + 1));
  for (const trader of traders) await trader.trade(node.ouchPort);
  while (traders.some(({ reports }) => reports.length < REPORTS_MIN)) await sleep(5);
  const [tookMs, exitCode] = await stop(node);
  await Promise.all(traders.map(({ closed }) => closed));
  const again = await startChildNode(directory);
  try {
    for (const trader of traders) await compareReports(trader, again.ouchPort);
  } finally {
    await stop(again);
  }
  const reports = traders.reduce((sum, trader) => sum + trader.reports.length, 0);
  return { tookMs, exitCode, reports };
}

/** Ends a node by SIGTERM: how many milliseconds that took, and the exit status. */
export async function stop({ child }: ChildNode): Promise<readonly [number, number | null]> {
  const startedMs = performance.now();
  child.kill('SIGTERM');
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  return [Math.round(performance.now() - startedMs), exitCode];
}
