/**
 * The floor of a cluster: a process that publishes messages to a JetStream stream with as many copies as the log's, open loop, and counts from
 * when each was due until it is delivered to this process again: with the client and the kind of consumer that a node uses, and nothing else.
 * Takes a JSON configuration as its only argument and sends the result to its parent.
 */
import { createHistogram } from 'node:perf_hooks';
import { jetstreamManager } from '@nats-io/jetstream';
import { createInbox } from '@nats-io/transport-node';
import { endProcess } from '#lib/end-process.ts';
import { connectNats } from '#log/jetstream/connection.ts';
import type { Percentiles } from './client.ts';
import { paceMessages } from './pacing.ts';

export interface JetStreamFloorConfig {
  readonly servers: string[];
  readonly ordersPerSecond: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** Of one message. */
  readonly bytes: number;
}

export interface JetStreamFloorResult {
  readonly latencyNs: Percentiles;
}

const STREAM = 'FLOOR';
const SUBJECT = 'FLOOR.entries';
const MS_PER_SECOND = 1_000;
const LATE_MS_MAX = 20_000;

process.on('disconnect', () => endProcess(1));
const config = JSON.parse(process.argv[2]) as JetStreamFloorConfig;
const connection = await connectNats({ servers: config.servers, name: 'floor' });
const manager = await jetstreamManager(connection, { checkAPI: false });
await manager.streams.add({
  name: STREAM,
  subjects: [SUBJECT],
  storage: 'file',
  num_replicas: 3,
  duplicate_window: 100_000_000,
});
const histogram = createHistogram({ lowest: 1, highest: 60_000_000_000, figures: 3 });
const everyMs = MS_PER_SECOND / config.ordersPerSecond;
const warmup = Math.round(config.warmupSeconds * config.ordersPerSecond);
const total = warmup + Math.round(config.seconds * config.ordersPerSecond);
const done = Promise.withResolvers<void>();
let startMs = 0;
let delivered = 0;
const inbox = createInbox();
connection.subscribe(inbox, {
  callback: (_, message) => {
    // Flow control is answered, and not counted.
    if (message.reply?.startsWith('$JS.ACK.') !== true) {
      message.respond();
      return;
    }
    if (delivered >= warmup)
      histogram.record(
        Math.max(1, Math.round((performance.now() - startMs - delivered * everyMs) * 1_000_000)),
      );
    if (++delivered === total) done.resolve();
  },
});
await manager.consumers.add(STREAM, {
  deliver_subject: inbox,
  ack_policy: 'none',
  flow_control: true,
  idle_heartbeat: 500_000_000,
  mem_storage: true,
  num_replicas: 1,
});
const acknowledgements = createInbox();
connection.subscribe(acknowledgements, { callback: () => {} });
const bytes = new Uint8Array(config.bytes);
startMs = performance.now() + 10;
paceMessages({ startMs, everyMs, messages: total }, () =>
  connection.publish(SUBJECT, bytes, { reply: acknowledgements }),
).then(
  () =>
    setTimeout(
      () => done.reject(new Error(`${total - delivered} messages did not come back`)),
      LATE_MS_MAX,
    ).unref(),
  done.reject,
);
await done.promise;
await manager.streams.delete(STREAM);
await connection.close();
const result: JetStreamFloorResult = {
  latencyNs: {
    p50: histogram.percentile(50),
    p90: histogram.percentile(90),
    p99: histogram.percentile(99),
    p999: histogram.percentile(99.9),
    max: histogram.max,
  },
};
process.send!(result, () => endProcess(0));
