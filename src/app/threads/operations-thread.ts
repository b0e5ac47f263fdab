import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { NatsConnection } from '@nats-io/transport-node';
import { ArchiveRefusedError } from '#domain/history.ts';
import { TlsFiles } from '#gateways/listener/tls-files.ts';
import { HttpTimes } from '#gateways/rest/http-times.ts';
import type { MetricsRegistry } from '#projections/metrics/registry.ts';
import { VenueMetrics } from '#projections/metrics/venue-metrics.ts';
import { ClockSource } from '../operations/clock-source.ts';
import { Liveness } from '../operations/liveness.ts';
import { MetricsExporter } from '../operations/metrics-exporter.ts';
import { OperationsServer, type Probes } from '../operations/operations-server.ts';
import { RiskSamples } from '../operations/risk-samples.ts';
import { ArchiveClient } from './archive-client.ts';
import type { OperationsThreadData, ReadyMessage, ToThread } from './messages.ts';
import { Haste, RingFollower, RingSlot } from './ring-follower.ts';
import { threadLog } from './thread-log.ts';
import { startWorkerVitals, VitalsReader, type WorkerVitals } from './thread-vitals.ts';

const LOOK_MS = 1_000;
const CLOCK_MS = 5_000;
const CLUSTER_MS = 2_000;
/** Limits are looked at for warnings, not for each order. */
const LIMITS_MS = 5_000;

/**
 * The operations thread: probes and metrics. It asks nothing of the order path, which tells it once a second how the node is, and
 * follows the events for what happens in the venue.
 */
class OperationsThread {
  declare private readonly data: OperationsThreadData;
  declare private readonly server: OperationsServer;
  declare private readonly exporter: MetricsExporter;
  declare private readonly venue: VenueMetrics;
  declare private readonly riskSamples: RiskSamples;
  declare private readonly liveness: Liveness;
  declare private follower: RingFollower | undefined;
  declare private followed: Promise<void>;
  declare private connection: NatsConnection | undefined;
  declare private isStarted: boolean;
  declare private readonly timers: NodeJS.Timeout[];

  constructor(data: OperationsThreadData & WorkerVitals) {
    const { memory } = data.vitals;
    this.data = data;
    this.venue = new VenueMetrics(() => Date.now() / 1_000);
    this.riskSamples = new RiskSamples(this.venue);
    this.exporter = new MetricsExporter({
      stages: data.stages,
      vitals: memory,
      httpTimes: new HttpTimes(data.httpTimes),
      dataDirectory: data.dataDirectory,
      certificates: data.certificates,
      sources: [this.venue, this.riskSamples, { addSamples: (registry) => this.#addRing(registry) }],
      isCluster: data.cluster !== undefined,
    });
    this.liveness = new Liveness(new VitalsReader(memory, 'order-path'));
    const { host, port, tls } = data;
    this.server = new OperationsServer(
      { host, port, tls: tls === undefined ? undefined : new TlsFiles(tls) },
      () => this.#probes(),
      () => this.exporter.expose(),
      threadLog,
    );
    this.follower = undefined;
    this.followed = Promise.resolve();
    this.connection = undefined;
    this.isStarted = false;
    this.timers = [];
  }

  async run(): Promise<void> {
    parentPort?.on('message', (message: ToThread) => this.#onMessage(message));
    const address = await this.server.listen();
    parentPort?.postMessage({ kind: 'ready', ports: { operations: address.port } } satisfies ReadyMessage);
    const clock = await ClockSource.open();
    this.#repeat(LOOK_MS, async () => this.liveness.look(performance.now()));
    this.#repeat(CLOCK_MS, async () => {
      this.exporter.clock = await clock.read();
    });
    if (this.data.cluster !== undefined) this.#repeat(CLUSTER_MS, () => this.#lookAtCluster());
  }

  #onMessage(message: ToThread): void {
    if (message.kind === 'node') {
      this.exporter.node = message;
      if (message.health.state !== 'recovering') this.isStarted = true;
    } else if (message.kind === 'follow') {
      const { board, ring } = this.data;
      this.follower = new RingFollower({
        board,
        ring,
        slot: RingSlot.operations,
        peer: message.peer,
        sinks: [this.venue],
        what: 'the venue in the metrics',
        haste: () => Haste.None,
      });
      this.followed = this.follower.run();
      const archive = new ArchiveClient(message.peer);
      this.#repeat(LIMITS_MS, () => this.#lookAtRisk(archive));
    } else if (message.kind === 'close') void this.#close();
  }

  #probes(): Probes {
    const { state = 'recovering', isReady = false, warning } = this.exporter.node?.health ?? {};
    const isAlive = this.liveness.isAlive(performance.now());
    return isAlive
      ? { state, warning, isAlive, isReady, isStarted: this.isStarted }
      : { state: 'stuck', warning, isAlive, isReady: false, isStarted: this.isStarted };
  }

  #addRing(registry: MetricsRegistry): void {
    const { follower } = this;
    if (follower === undefined) return;
    registry.set('hive_ring_lag_bytes', follower.lagWords * 4, { thread: 'operations' });
    registry.set('hive_ring_overruns_total', follower.overruns, { thread: 'operations' });
  }

  /** Begins at once; one that takes longer than its period is not begun again meanwhile. */
  #repeat(everyMs: number, task: () => Promise<void>): void {
    let isRunning = false;
    const begin = (): void => {
      if (isRunning) return;
      isRunning = true;
      void task().finally(() => {
        isRunning = false;
      });
    };
    begin();
    this.timers.push(setInterval(begin, everyMs));
  }

  async #lookAtRisk(archive: ArchiveClient): Promise<void> {
    try {
      await this.riskSamples.refresh(archive);
    } catch (error) {
      // The follower says when the archive is gone.
      if (!(error instanceof ArchiveRefusedError)) throw error;
      if (error.code !== 'CLOSED')
        threadLog.warn({}, `the use of limits and what accounts owe are not known anew: ${error.message}`);
    }
  }

  /** What it takes to be in a cluster is loaded by nodes of one only. */
  async #lookAtCluster(): Promise<void> {
    const { cluster, nodeId } = this.data;
    if (cluster === undefined) return;
    try {
      const [{ connectCluster }, { viewOf }] = await Promise.all([
        import('../cluster/cluster-link.ts'),
        import('../cluster/cluster-nodes.ts'),
      ]);
      // One that the servers closed for good comes not back by itself.
      if (this.connection?.isClosed() === true) this.connection = undefined;
      this.connection ??= await connectCluster(cluster, `hive-operations-${nodeId}`);
      this.exporter.cluster = await viewOf(this.connection, cluster.stream);
    } catch (error) {
      // A node that is about to stop answers no more, perhaps not even itself.
      const isLeaving = this.exporter.node?.health.state === 'draining';
      if (this.exporter.cluster !== undefined && !isLeaving)
        threadLog.warn({}, `the metrics of the cluster are missing: ${(error as Error).message}`);
      this.exporter.cluster = undefined;
    }
  }

  async #close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    // Before the archive's end can be taken for its death.
    this.follower?.close();
    await this.server.close();
    await this.followed;
    if (this.connection !== undefined) {
      const { closeNats } = await import('#log/jetstream/connection.ts');
      await closeNats(this.connection);
    }
    // One that is being made would keep the thread, and is nobody's yet to be closed.
    process.exit();
  }
}

if (!isMainThread) {
  startWorkerVitals();
  await new OperationsThread(workerData as OperationsThreadData & WorkerVitals).run();
}
