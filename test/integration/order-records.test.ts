import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { ExitCode } from '#app/cli/exit-codes.ts';
import { runCli } from '#app/cli/test-support.ts';
import { historyFile } from '#projections/history/history-database.ts';
import { COLUMNS } from '#projections/order-records/columns.ts';
import { parseTable } from '#projections/order-records/csv.ts';
import { endHive, startHive } from '../support/hive-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** The rows of `hive log order-records`, and what it says at the end. */
async function recordsOf(dataDirectory: string, ...options: string[]) {
  const { status, stdout, stderr } = await runCli(
    ['log', 'order-records', '-', '--json', '--data-dir', dataDirectory, ...options],
    {},
    120_000,
  );
  assert.equal(status, 0, stderr);
  return { rows: parseTable(stdout, COLUMNS).map(({ values }) => values), said: JSON.parse(stderr) };
}

test('order records: of a node that trades, they are what its history has', {
  timeout: 240_000,
}, async () => {
  const directory = join(temporaryDirectory('order-records'), 'data');
  const node = await startHive('--demo', '--data-dir', directory);
  const place = async (expected: ExitCode, ...args: string[]): Promise<void> => {
    const command = ['order', 'place', 'buy', '0.01', 'BTCUSD', '--data-dir', directory, ...args];
    const { status, stdout, stderr } = await runCli(command);
    assert.equal(status, expected, stdout + stderr);
  };
  await place(ExitCode.Ok, '--market');
  // Far from the market.
  await place(ExitCode.Refused, '--price', '1');
  // Beside the node, and its participants.
  const beside = await recordsOf(directory, '--symbol', 'BTCUSD');
  assert.ok(beside.said.rows >= 4, `${beside.said.rows} rows`);
  const far = beside.rows.filter(({ f24_limit_price: price }) => Number(price) === 1);
  assert.deepEqual(
    far.map((row) => [row.f21_event, row.f32_side, row.f10_validity, row.reason]),
    [['REMO', 'BUYI', 'GTCV', 'PRICE_COLLAR']],
  );
  assert.deepEqual(await endHive(node.child, 'SIGTERM'), [0, null]);

  const history = new DatabaseSync(historyFile(join(directory, 'history')), { readOnly: true });
  const count = (sql: string): number => Number(Object.values(history.prepare(sql).get() ?? {})[0]);
  const { rows, said } = await recordsOf(
    directory,
    '--to-sequence',
    String(count('SELECT lastSequence FROM meta')),
  );
  const { NEWO, PARF, FILL, REMO } = said.rowsByEvent;
  const replaced = rows.filter((row) => row.f21_event === 'REME' && row.replaced_order !== '').length;
  assert.deepEqual(
    [NEWO + replaced, PARF + FILL, REMO],
    [
      count('SELECT count(*) FROM orders'),
      2 * count('SELECT count(*) FROM trades'),
      count('SELECT count(*) FROM rejections'),
    ],
  );
  history.close();
  assert.equal(said.rowsOfOrdersBefore, 0);
  assert.equal(rows.length, said.rows);
});
