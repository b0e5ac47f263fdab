import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { connectNats } from '#log/jetstream/connection.ts';
import { SLOT_BYTES } from '#projections/reports/report-slot.ts';
import { ReportWriter } from '#projections/reports/report-writer.ts';
import { randomBatches } from '#projections/reports/test-support.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { NatsServers, whyNoNats } from '../../../test/support/nats-cluster.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import type { NodeState } from '../node-status.ts';
import { ClusterNodes } from './cluster-nodes.ts';
import { ReportKeeper } from './report-keeper.ts';
import { wantReports, wantsReports } from './wanted-reports.ts';

const skip = whyNoNats() ?? false;
const SEED = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const BATCHES = 2_000;
const LOG = randomUUID();

describe('reports of other nodes', { skip }, () => {
  const directory = temporaryDirectory('report-keeper');
  const closers: (() => unknown)[] = [];
  let servers: Promise<NatsServers> | undefined;
  const { batches, reference } = randomBatches(SEED, BATCHES, 12, 5);
  const counts = new Map([...reference].map(([userId, reports]) => [userId, reports.length]));
  after(async () => {
    for (const close of closers.toReversed()) await close();
    await (await servers)?.close();
  });

  async function connect(): Promise<NatsConnection> {
    servers ??= NatsServers.start({ count: 1 });
    const connection = await connectNats({ servers: (await servers).urls, name: 'test' });
    closers.push(() => connection.close());
    return connection;
  }

  /** A node of `stream` with the reports of some batches; what it logs, and whether it still asks. */
  async function startNode(
    stream: string,
    nodeId: number,
    from: number,
    {
      state = 'serving',
      logId = LOG,
      wants = false,
    }: { readonly state?: NodeState; readonly logId?: string; readonly wants?: boolean } = {},
  ) {
    const dataDirectory = join(directory, `${stream}-${nodeId}`);
    const reportDirectory = join(dataDirectory, 'reports');
    mkdirSync(dataDirectory, { recursive: true });
    const writer = new ReportWriter({ directory: reportDirectory });
    for (const batch of batches.slice(from)) writer.onEvents(batch.words, batch.from, batch.to);
    writer.flush();
    const connection = await connect();
    const node = { nodeId, version: '', coreVersion: 1, coreVersionMax: 1, state, sequence: BATCHES };
    const nodes = new ClusterNodes(connection, stream, () => ({
      ...node,
      clockOffsetMs: 0,
      stateHash: '',
      agreedSequence: 0,
      server: '',
    }));
    closers.push(() => nodes.close());
    const lines: string[] = [];
    const log = (_: object, message: string) => void lines.push(message);
    const board = new StatusBoard(boardMemory());
    if (wants) wantReports(dataDirectory, from);
    board.isFetchingReports = wants;
    const keeper = new ReportKeeper({
      connection,
      stream,
      nodeId,
      logId,
      dataDirectory,
      directory: reportDirectory,
      counts,
      lastSequence: BATCHES,
      board,
      writer,
      onFetched: () => {},
      logger: { info: log, warn: log, error: log },
    });
    closers.push(() => keeper.close());
    await connection.flush();
    return { dataDirectory, reportDirectory, lines, board };
  }

  const filesOf = (path: string) => readdirSync(path).map((name) => [name, readFileSync(join(path, name))]);

  test('a node that lacks the beginning gets it from several others that each have a part', async (t) => {
    t.diagnostic(`SEED=${SEED}`);
    const whole = await startNode('PARTS', 1, 0);
    const expected = filesOf(whole.reportDirectory);
    // One has lost a file, the other the first reports of all.
    const other = await startNode('PARTS', 2, 0);
    rmSync(join(whole.reportDirectory, expected[0][0] as string));
    for (const [name, bytes] of expected)
      writeFileSync(
        join(other.reportDirectory, name as string),
        (bytes as Buffer).fill(0, 0, name === expected[0][0] ? 0 : 5 * SLOT_BYTES),
      );
    const fresh = await startNode('PARTS', 3, BATCHES / 2, { wants: true });
    while (fresh.board.isFetchingReports) await sleep(1);
    assert.deepEqual(fresh.lines, ['reports of before this node began are here']);
    const again = await startNode('PARTS-WHOLE', 1, 0);
    assert.deepEqual(filesOf(fresh.reportDirectory), filesOf(again.reportDirectory));
    assert.equal(wantsReports(fresh.dataDirectory), false);
  });

  test('nobody has them: who asks is refused from then on, and they are asked for again', async () => {
    await startNode('NOBODY', 1, BATCHES / 2);
    const fresh = await startNode('NOBODY', 2, BATCHES / 2, { wants: true });
    while (fresh.board.isFetchingReports) await sleep(1);
    assert.match(fresh.lines[0], /^reports of before this node began are at no node that answers: who asks/);
    assert.equal(wantsReports(fresh.dataDirectory), true);
    await startNode('NOBODY', 3, 0);
    while (wantsReports(fresh.dataDirectory)) await sleep(1);
    assert.match(fresh.lines.at(-1) ?? '', /are here$/);
  });

  test('nodes that have stopped or hold another log are not asked, or say nothing', async () => {
    await startNode('OTHERS', 1, 0, { state: 'stopped' });
    await startNode('OTHERS', 2, 0, { logId: randomUUID() });
    const fresh = await startNode('OTHERS', 3, BATCHES / 2, { wants: true });
    while (fresh.board.isFetchingReports) await sleep(1);
    assert.match(fresh.lines[0], /are at no node that answers/);
  });
});
