import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OuchClient } from '#app/ouch-client.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { KillScope } from '#domain/commands.ts';
import { AlertingStack, type Notice } from '../support/alerting-stack.ts';
import { MetricsTap } from '../support/metrics-tap.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { whyNoAlertmanager } from '../support/prometheus.ts';
import { Cluster } from '../support/test-cluster.ts';

const NODES = [1, 2, 3] as const;
type NodeId = (typeof NODES)[number];
const PAUSE_MS = 20;
/** More than HiveAuthFailures allows, less than the door lets one address ask at once. */
const BAD_LOGINS = 90;
/** More than the instrument of the test market takes. */
const QUANTITY_REFUSED = 2_000_000;
const BACKUP_EVERY_MS = 500;

/** Three nodes on three nats-servers, with Prometheus and Alertmanager that watch them. */
class WatchedCluster {
  declare readonly cluster: Cluster;
  declare readonly stack: AlertingStack;
  declare private readonly taps: { readonly [nodeId in NodeId]: MetricsTap };

  private constructor(cluster: Cluster, taps: WatchedCluster['taps'], stack: AlertingStack) {
    this.cluster = cluster;
    this.taps = taps;
    this.stack = stack;
  }

  static async start(t: TestContext): Promise<WatchedCluster> {
    const cluster = await Cluster.start(t);
    const [one, two, three] = await Promise.all(NODES.map(() => MetricsTap.listen()));
    const taps = { 1: one, 2: two, 3: three };
    t.after(() => {
      for (const tap of [one, two, three]) tap.close();
    });
    const ports = Object.fromEntries(NODES.map((nodeId) => [`node-${nodeId}`, taps[nodeId].port]));
    const watched = new WatchedCluster(cluster, taps, await AlertingStack.start(t, ports));
    for (const nodeId of NODES) await watched.startNode(nodeId);
    return watched;
  }

  get backupTarget(): string {
    return join(this.cluster.directory, 'backup');
  }

  tap(nodeId: NodeId): MetricsTap {
    return this.taps[nodeId];
  }

  /** Node 1 has a continuous backup. */
  async startNode(nodeId: NodeId): Promise<void> {
    const backup = {
      to: this.backupTarget,
      keyFile: undefined,
      everyMs: BACKUP_EVERY_MS,
      snapshotEveryMs: 5_000,
      keep: 4,
    };
    const node = await this.cluster.startNode(nodeId, false, nodeId === 1 ? { backup } : {});
    this.taps[nodeId].nodePort = node.operationsPort;
  }

  async killNode(nodeId: NodeId): Promise<void> {
    await this.cluster.kill(nodeId);
    this.taps[nodeId].nodePort = 0;
  }

  /** As the operator of node 1. */
  command(command: CommandInput): void {
    this.cluster.node(1).child.send(command);
  }

  /**
   * Breaks something, waits until the alert is at each receiver, mends it, and waits until each has heard that it is over.
   * @param whileBroken what else must be so until it is mended
   */
  async provoke(
    labels: Notice['labels'],
    receivers: readonly string[],
    { breakIt, mendIt, whileBroken }: Fault,
  ): Promise<void> {
    const { stack } = this;
    const from = stack.notices.length;
    const busy = new AbortController();
    const breaking = breakIt(busy.signal);
    // Awaited below, unless the alert does not come.
    breaking.catch(() => {});
    for (const receiver of receivers) {
      const { annotations } = await stack.fires(labels, receiver, from);
      assert.ok(annotations['runbook_url']?.endsWith(`#${labels['alertname']?.toLowerCase()}`));
    }
    await whileBroken?.();
    busy.abort();
    await breaking;
    const mending = stack.notices.length;
    await mendIt?.();
    for (const receiver of receivers) await stack.clears(labels, receiver, mending);
  }
}

interface Fault {
  /** Goes on until the signal, where it is something that is done again and again. */
  breakIt(until: AbortSignal): Promise<void>;
  mendIt?(): Promise<void>;
  whileBroken?(): Promise<void>;
}

async function again(until: AbortSignal, act: () => Promise<unknown>): Promise<void> {
  while (!until.aborted) {
    await act();
    await sleep(PAUSE_MS);
  }
}

const skip = whyNoNats() ?? whyNoAlertmanager() ?? false;

test('faults of a cluster of three nodes reach the right people, and so does their end', {
  skip,
  // Of faults that do not touch each other.
  concurrency: true,
}, async (t) => {
  const watched = await WatchedCluster.start(t);
  const { cluster, stack } = watched;

  await t.test('alerting is alive, and the venue is up', async () => {
    await stack.fires({ alertname: 'HiveWatchdog' }, 'heartbeat');
    // While the nodes started, there was no venue.
    await stack.isQuiet('HiveNodeDown', 'HiveVenueDown', 'HiveMetricsAbsent');
  });

  await t.test('a node is killed', async () => {
    await watched.provoke(
      { alertname: 'HiveNodeDown', instance: 'node-3' },
      ['pagerduty', 'slack-platform'],
      {
        breakIt: () => watched.killNode(3),
        mendIt: () => watched.startNode(3),
      },
    );
  });

  await t.test('a kill switch stops an instrument', async () => {
    const killSwitch = {
      type: 'SetKillSwitch',
      scope: KillScope.Instrument,
      scopeId: 1,
      cancelOrders: 0,
    } as const;
    await watched.provoke({ alertname: 'HiveKillSwitchOn', scope: 'instrument' }, ['slack-risk'], {
      breakIt: async () => watched.command({ ...killSwitch, engaged: 1, reason: 'test' }),
      mendIt: async () => watched.command({ ...killSwitch, engaged: 0, reason: 'test' }),
    });
  });

  // Figures that are put in the place of the nodes' own.
  const planted = [
    [
      'the disk is full',
      'hive_disk_free_bytes',
      '1',
      'HiveDiskFull',
      ['pagerduty', 'slack-platform'],
      'HiveDiskLow',
    ],
    [
      'the clock is off',
      'hive_clock_offset_seconds',
      '-0.0002',
      'HiveClockOffsetCritical',
      ['pagerduty', 'slack-compliance'],
      'HiveClockOffsetHigh',
    ],
    [
      'two states',
      'hive_archive_diverged',
      '1',
      'HiveStateDiverged',
      ['pagerduty', 'slack-platform'],
      undefined,
    ],
    [
      'an audit that fails',
      'hive_audit_broken',
      '1',
      'HiveAuditChainBroken',
      ['pagerduty', 'slack-compliance'],
      undefined,
    ],
    [
      'a small machine',
      'hive_memory_limit_bytes',
      '1000000',
      'HiveMemoryHigh',
      ['slack-platform'],
      undefined,
    ],
  ] as const;
  const hourAgo = String(Math.floor(Date.now() / 1_000) - 4_000);
  await Promise.all([
    t.test('many orders are refused', async () => {
      const trader = await OuchClient.connect({
        port: cluster.node(1).ouchPort,
        username: 'U1',
        password: 'secret',
        sequenceNumber: 0,
      });
      await watched.provoke({ alertname: 'HiveRejectRateHigh' }, ['slack-trading'], {
        breakIt: (until) =>
          again(until, () =>
            trader.enter({ side: 'B', symbol: 'BTCUSD', quantity: QUANTITY_REFUSED, price: 100_000 }),
          ),
      });
      await trader.close();
    }),
    t.test('somebody tries tokens', async () => {
      const url = `http://127.0.0.1:${cluster.node(2).edgePorts['http']}/api/v1/orders`;
      const guess = () =>
        fetch(url, { headers: { authorization: 'Bearer guessed' } }).then((answer) => answer.text());
      await watched.provoke(
        { alertname: 'HiveAuthFailures', instance: 'node-2', door: 'edge' },
        ['slack-security'],
        {
          breakIt: async () => {
            for (let i = 0; i < BAD_LOGINS; i++) await guess();
          },
        },
      );
    }),
    t.test("the backup's target is away", async () => {
      const away = `${watched.backupTarget}-away`;
      const from = stack.notices.length;
      await watched.provoke(
        { alertname: 'HiveBackupLagging', instance: 'node-1' },
        ['pagerduty', 'slack-platform'],
        {
          breakIt: async () => {
            renameSync(watched.backupTarget, away);
            writeFileSync(watched.backupTarget, '');
          },
          whileBroken: async () => {
            await stack.fires({ alertname: 'HiveBackupFailing', instance: 'node-1' }, 'slack-platform', from);
          },
          mendIt: async () => {
            renameSync(watched.backupTarget, `${away}-file`);
            renameSync(away, watched.backupTarget);
          },
        },
      );
    }),
    ...planted.map(([what, metric, value, alertname, receivers, inhibited]) =>
      t.test(`${what} (planted)`, async () => {
        const tap = watched.tap(2);
        await watched.provoke({ alertname, instance: 'node-2' }, receivers, {
          breakIt: async () => tap.plant(metric, value),
          ...(inhibited === undefined
            ? {}
            : { whileBroken: () => stack.isInhibited({ alertname: inhibited, instance: 'node-2' }) }),
          mendIt: async () => tap.heal(metric),
        });
      }),
    ),
    t.test('the backup is stale (planted)', async () => {
      const tap = watched.tap(1);
      await watched.provoke({ alertname: 'HiveBackupStale' }, ['pagerduty', 'slack-platform'], {
        breakIt: async () => tap.plant('hive_backup_timestamp_seconds', hourAgo),
        mendIt: async () => tap.heal('hive_backup_timestamp_seconds'),
      });
    }),
  ]);

  await t.test('two of three servers of the log are gone', async () => {
    await watched.provoke({ alertname: 'HiveNoQuorum' }, ['pagerduty', 'slack-platform'], {
      breakIt: async () => {
        await cluster.servers.kill(0);
        await cluster.servers.kill(1);
      },
      whileBroken: async () => {
        // What follows from it is kept back, but that the venue is down.
        await stack.isInhibited({ alertname: 'HiveNoStreamLeader' });
        await stack.isInhibited({ alertname: 'HiveLogInDoubt' });
        await stack.fires({ alertname: 'HiveVenueDown' }, 'pagerduty');
      },
      mendIt: async () => {
        cluster.servers.restart(0);
        cluster.servers.restart(1);
        await cluster.servers.untilComplete();
      },
    });
  });

  await t.test('nothing is heard of any node', async () => {
    await watched.provoke({ alertname: 'HiveMetricsAbsent' }, ['pagerduty', 'slack-platform'], {
      breakIt: async () => {
        for (const nodeId of NODES) watched.tap(nodeId).nodePort = 0;
      },
      whileBroken: () => stack.isInhibited({ alertname: 'HiveVenueDown' }),
      mendIt: async () => {
        for (const nodeId of NODES) watched.tap(nodeId).nodePort = cluster.node(nodeId).operationsPort;
      },
    });
  });
});
