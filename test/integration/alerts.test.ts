import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeConfig } from '#app/node-config.ts';
import { OuchClient } from '#app/ouch-client.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { KillScope } from '#domain/commands.ts';
import {
  TestAuthority,
  type TestCertificate,
  whyNoCertificates,
} from '#gateways/listener/test-certificates.ts';
import { AlertingStack, type Notice } from '../support/alerting-stack.ts';
import {
  canMountVolume,
  damageRecords,
  damageSnapshots,
  directoryOf,
  emptyVolume,
  fillVolume,
  onSmallVolume,
} from '../support/broken-disk.ts';
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
  /** Of the FIX door of node 2; undefined: certificates cannot be made here. */
  declare certificate: TestCertificate | undefined;
  declare private readonly taps: { readonly [nodeId in NodeId]: MetricsTap };

  private constructor(cluster: Cluster, taps: WatchedCluster['taps'], stack: AlertingStack) {
    this.cluster = cluster;
    this.certificate = undefined;
    this.taps = taps;
    this.stack = stack;
  }

  static async start(t: TestContext, certificate: TestCertificate | undefined): Promise<WatchedCluster> {
    const cluster = await Cluster.start(t);
    const [one, two, three] = await Promise.all(NODES.map(() => MetricsTap.listen()));
    const taps = { 1: one, 2: two, 3: three };
    t.after(() => {
      for (const tap of [one, two, three]) tap.close();
    });
    const ports = Object.fromEntries(NODES.map((nodeId) => [`node-${nodeId}`, taps[nodeId].port]));
    const watched = new WatchedCluster(cluster, taps, await AlertingStack.start(t, ports));
    watched.certificate = certificate;
    for (const nodeId of NODES) await watched.startNode(nodeId);
    return watched;
  }

  /** Of nodes 1 and 2: each has a continuous backup. */
  backupTarget(nodeId: NodeId): string {
    return join(this.cluster.directory, `backup-${nodeId}`);
  }

  /** The data directory of a node that runs, as it sees it. */
  dataDirectory(nodeId: NodeId): string {
    const path = this.cluster.pathOf(nodeId);
    return nodeId === 2 && hasVolume ? directoryOf(this.cluster.node(2).child.pid, path) : path;
  }

  tap(nodeId: NodeId): MetricsTap {
    return this.taps[nodeId];
  }

  async startNode(nodeId: NodeId): Promise<void> {
    const { cluster } = this;
    const node = await cluster.startNode(nodeId, false, this.#different(nodeId), {
      // Node 2 has a volume of its own, which can be filled.
      enter: nodeId === 2 && hasVolume ? onSmallVolume(cluster.pathOf(2)) : [],
    });
    this.taps[nodeId].nodePort = node.operationsPort;
  }

  /** What is special about a node. */
  #different(nodeId: NodeId): Partial<NodeConfig> {
    if (nodeId === 3) return {};
    const to = this.backupTarget(nodeId);
    const snapshotEveryMs = nodeId === 1 ? 5_000 : 500;
    const backup = { to, keyFile: undefined, everyMs: BACKUP_EVERY_MS, snapshotEveryMs, keep: 4 };
    if (nodeId === 1) return { backup };
    const fix = this.certificate === undefined ? {} : { fix: fixWith(this.certificate) };
    return { backup, snapshots: { everyEntries: 30, keep: 2 }, ...fix };
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
const hasVolume = skip === false && canMountVolume();
const hasCertificates = whyNoCertificates() === false;

function fixWith({ certificate, key }: TestCertificate): NodeConfig['fix'] {
  const tls = { certificate, key, clientCa: undefined, minimumVersion: 'TLSv1.2' } as const;
  const options = { compId: 'HIVE', cancelOnDisconnect: false, sessions: [] };
  return { host: '127.0.0.1', port: 0, connectionsMax: 64, tls, ...options };
}

test('faults of a cluster of three nodes reach the right people, and so does their end', {
  skip,
  // Of faults that do not touch each other.
  concurrency: true,
}, async (t) => {
  const authority = hasCertificates ? new TestAuthority() : undefined;
  const certificate = authority?.issue('venue', 30);
  const watched = await WatchedCluster.start(t, certificate);
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
    ...(hasVolume
      ? []
      : [
          [
            'the disk is full',
            'hive_disk_free_bytes',
            '1',
            'HiveDiskFull',
            ['pagerduty', 'slack-platform'],
            'HiveDiskLow',
          ] as const,
        ]),
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
      const target = watched.backupTarget(1);
      const away = `${target}-away`;
      const from = stack.notices.length;
      await watched.provoke(
        { alertname: 'HiveBackupLagging', instance: 'node-1' },
        ['pagerduty', 'slack-platform'],
        {
          breakIt: async () => {
            renameSync(target, away);
            writeFileSync(target, '');
          },
          whileBroken: async () => {
            await stack.fires({ alertname: 'HiveBackupFailing', instance: 'node-1' }, 'slack-platform', from);
          },
          mendIt: async () => {
            renameSync(target, `${away}-file`);
            renameSync(away, target);
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
    t.test('the backups are stale (planted)', async () => {
      const metric = 'hive_backup_timestamp_seconds';
      await watched.provoke({ alertname: 'HiveBackupStale' }, ['pagerduty', 'slack-platform'], {
        breakIt: async () => {
          for (const nodeId of NODES) watched.tap(nodeId).plant(metric, hourAgo);
        },
        mendIt: async () => {
          for (const nodeId of NODES) watched.tap(nodeId).heal(metric);
        },
      });
    }),
    t.test('a disk is full', { skip: hasVolume ? false : 'no volume can be mounted here' }, async () => {
      const alertname = 'HiveDiskFull';
      await watched.provoke({ alertname, instance: 'node-2' }, ['pagerduty', 'slack-platform'], {
        breakIt: async () => fillVolume(watched.dataDirectory(2)),
        whileBroken: () => stack.isInhibited({ alertname: 'HiveDiskLow', instance: 'node-2' }),
        mendIt: async () => emptyVolume(watched.dataDirectory(2)),
      });
    }),
    t.test('a disk damages snapshots', async () => {
      let damaged: string[] = [];
      await watched.provoke({ alertname: 'HiveSnapshotDamaged', instance: 'node-2' }, ['slack-platform'], {
        breakIt: async (until) => {
          damaged = await damageSnapshots(watched.dataDirectory(2), until);
        },
        mendIt: async () => {
          for (const path of damaged) rmSync(path, { force: true });
        },
      });
    }),
    t.test('a disk damages the log', async () => {
      const from = stack.notices.length;
      const alertname = 'HiveAuditChainBroken';
      await watched.provoke({ alertname, instance: 'node-3' }, ['pagerduty', 'slack-compliance'], {
        breakIt: (until) => damageRecords(watched.dataDirectory(3), until),
        whileBroken: async () => {
          const dead = { alertname: 'HiveThreadDead', instance: 'node-3', thread: 'archive' };
          await stack.fires(dead, 'pagerduty', from);
        },
        // As the runbook says: it begins anew with what the cluster has.
        mendIt: async () => {
          await watched.killNode(3);
          rmSync(watched.dataDirectory(3), { recursive: true });
          await watched.startNode(3);
        },
      });
    }),
    t.test('a certificate ends', { skip: hasCertificates ? false : 'openssl is not installed' }, async () => {
      const good = certificate as TestCertificate;
      const kept = { certificate: readFileSync(good.certificate), key: readFileSync(good.key) };
      const short = authority?.issue('short', 1) as TestCertificate;
      const labels = { alertname: 'HiveCertificateExpiringNow', instance: 'node-2', door: 'fix' };
      await watched.provoke(labels, ['pagerduty', 'slack-security'], {
        breakIt: async () => {
          writeFileSync(good.key, readFileSync(short.key));
          writeFileSync(good.certificate, readFileSync(short.certificate));
        },
        whileBroken: () => stack.isInhibited({ ...labels, alertname: 'HiveCertificateExpiring' }),
        mendIt: async () => {
          writeFileSync(good.key, kept.key);
          writeFileSync(good.certificate, kept.certificate);
        },
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
