import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { OuchClient, type OuchReport } from '#app/ouch-client.ts';
import { readEntry } from '#codec/log/entries.ts';
import type { Command, CommandInput } from '#codec/log/record-types.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** The node of test/support/node-process.ts, which is number 1. */
async function start(directory: string): Promise<{ child: ChildProcess; ouchPort: number }> {
  const script = join(import.meta.dirname, '../support/node-process.ts');
  const config = JSON.stringify({
    ouch: { host: '127.0.0.1', port: 0, cancelOnDisconnect: true },
  });
  const child = spawn(process.execPath, [script, directory, config], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => assert.fail(`the node ended with ${code} before it served`)),
  ]);
  return { child, ouchPort: (JSON.parse(line) as { ouchPort: number }).ouchPort };
}

const login = (port: number, username: string) => ({ port, username, password: 'secret', sequenceNumber: 1 });

test('a node that was killed closes the sessions that it left open, and not those of another node', {
  timeout: 120_000,
}, async (t) => {
  const directory = temporaryDirectory('sessions');
  const first = await start(directory);
  t.after(() => first.child.kill('SIGKILL'));
  const elsewhere: CommandInput = {
    type: 'OpenSession',
    userId: 2,
    nodeId: 2,
    sessionId: 7,
    cancelOnDisconnect: 1,
  };
  first.child.send(elsewhere);
  const client = await OuchClient.connect(login(first.ouchPort, 'U1'), () => {});
  const order = { side: 'B', symbol: 'BTCUSD', quantity: 1, price: 100_000, timeInForce: '0' } as const;
  await client.enter(order);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');

  const second = await start(directory);
  t.after(() => second.child.kill('SIGKILL'));
  const reports: OuchReport[] = [];
  const back = await OuchClient.connect(login(second.ouchPort, 'U1'), (report) => reports.push(report));
  while (!reports.some(({ type }) => type === 'MassCancelResponse')) await back.next(() => true);
  assert.deepEqual(
    reports.map(({ type }) => type),
    ['OrderAccepted', 'OrderCanceled', 'MassCancelResponse'],
  );
  await back.close();
  second.child.kill('SIGTERM');
  await once(second.child, 'exit');

  const sessions: Command[] = [];
  const tail = new LogTail({ directory: join(directory, 'log'), fromSequence: 1 });
  tail.poll(
    {
      deliver: (_sequence, _seconds, _nanos, words, from, to) => {
        const { commands } = readEntry(words, from, to);
        sessions.push(...commands.filter(({ type }) => type === 'OpenSession' || type === 'CloseSession'));
      },
    },
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  );
  tail.close();
  assert.deepEqual(
    sessions.map((command) => {
      const { nodeId, sessionId } = command as Command<'CloseSession'>;
      return `${command.type} of user ${command.userId} ${nodeId}.${sessionId}`;
    }),
    [
      'OpenSession of user 2 2.7',
      'OpenSession of user 1 1.1',
      'CloseSession of user 1 1.1',
      'OpenSession of user 1 1.1',
      'CloseSession of user 1 1.1',
    ],
  );
});
