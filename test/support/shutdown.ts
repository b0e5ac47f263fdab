import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { OuchClient } from '#app/ouch-client.ts';
import { type ChildNode, compareReports, startChildNode, Trader } from './traders.ts';

const TRADERS = ['U1', 'U2', 'U3', 'U4'];
/** Reports of each trader before the node is told to stop. */
const REPORTS_MIN = 50;

/** How a node stopped. */
export interface Shutdown {
  readonly sessions: number;
  /** From SIGTERM until the process had ended. */
  readonly tookMs: number;
  readonly exitCode: number | null;
  /** Reports that clients had got, all of which the node told again after its next start. */
  readonly reports: number;
  /** Sessions that were told that they end. */
  readonly ended: number;
}

/**
 * Stops a node by SIGTERM while four users trade and the other sessions are open, and starts it again.
 * @throws AssertionError when a report that a client got is lost or another one
 */
export async function stopUnderLoad(directory: string, sessions: number): Promise<Shutdown> {
  const place = { connectionsPerAddressMax: sessions + TRADERS.length };
  const node = await startChildNode(directory, place);
  const traders = TRADERS.map((name, index) => new Trader(name, index + 1));
  let ended = 0;
  for (let session = 0; session < sessions - traders.length; session++) {
    const username = TRADERS[session % TRADERS.length];
    const client = await OuchClient.connect(
      // From where nothing has been said: it waits for what its user is told.
      { port: node.ouchPort, username, password: 'secret', sequenceNumber: 0 },
      () => {},
    );
    client.onClosed = () => ended++;
  }
  for (const trader of traders) await trader.trade(node.ouchPort);
  while (traders.some(({ reports }) => reports.length < REPORTS_MIN)) await sleep(5);
  assert.equal(ended, 0, 'every session is open when the node is told to stop');
  const [tookMs, exitCode] = await stop(node);
  await Promise.all(traders.map(({ closed }) => closed));
  ended += traders.length;
  const again = await startChildNode(directory, place);
  try {
    for (const trader of traders) await compareReports(trader, again.ouchPort);
  } finally {
    await stop(again);
  }
  const reports = traders.reduce((sum, trader) => sum + trader.reports.length, 0);
  return { sessions, tookMs, exitCode, reports, ended };
}

async function stop({ child }: ChildNode): Promise<readonly [number, number | null]> {
  const startedMs = performance.now();
  child.kill('SIGTERM');
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  return [Math.round(performance.now() - startedMs), exitCode];
}
