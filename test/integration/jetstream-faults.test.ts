import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamLog } from '#log/jetstream/jetstream-log.ts';
import { StreamFixture } from '#log/jetstream/test-support.ts';
import { RecordingReader } from '#log/recording-reader.ts';
import { differenceOf, LogDriver } from '../support/log-driver.ts';
import { NatsServers, whyNoNats } from '../support/nats-cluster.ts';

/** Entries of each node that have to come back after a fault. */
const PROGRESS = 300;
/** Ticks of a clock at which conditions are looked at that nobody reports. */
const POLL_MS = 10;

const serverOf = (log: JetStreamLog): number => Number(log.status.server.slice(1)) - 1;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(POLL_MS);
}

describe('log on JetStream, three servers, two nodes under load', { skip: whyNoNats() ?? false }, () => {
  let servers: NatsServers;
  let fixture: StreamFixture;
  const drivers = [new LogDriver(1), new LogDriver(2)];
  let logs: JetStreamLog[];
  let checks = 0;

  before(async () => {
    servers = await NatsServers.start({ count: 3 });
    fixture = await StreamFixture.create(servers.urls, 3);
    const leader = await servers.leaderOf(fixture.stream.name);
    // Neither node is connected to the server that leads.
    logs = await Promise.all(
      drivers.map((driver, i) => fixture.open(`node-${i + 1}`, driver, { server: (leader + 1 + i) % 3 })),
    );
    for (const log of logs) await log.catchUp();
    for (const [i, driver] of drivers.entries()) driver.run(logs[i]);
  });
  after(async () => {
    for (const driver of drivers) driver.stop();
    for (const log of logs ?? []) log.close();
    await fixture?.close();
    await servers?.close();
  });

  /** Both nodes get entries back that they append after this. */
  async function progress(): Promise<void> {
    const least = drivers.map(({ confirmed }) => confirmed + PROGRESS);
    for (const [i, driver] of drivers.entries()) {
      await driver.reader.when(() => driver.confirmed >= least[i] || driver.reader.failures.length > 0);
      assert.deepEqual(driver.reader.failures, []);
    }
  }

  /** Stops the load, compares both nodes, their copies and a third that reads all anew, and starts the load again. */
  async function check(): Promise<void> {
    for (const driver of drivers) await driver.drain();
    const reader = new RecordingReader();
    const fresh = await fixture.open(`fresh-${++checks}`, reader);
    await fresh.catchUp();
    for (const [i, log] of logs.entries()) {
      await drivers[i].reader.when(() => log.lastSequence >= fresh.lastSequence);
    }
    const readers = [reader, ...drivers.map((driver) => driver.reader)].map(({ entries }) => entries);
    const copies = [fresh, ...logs].map((log) => {
      const copy = new RecordingReader();
      log.read(1, copy);
      return copy.entries;
    });
    fresh.close();
    assert.equal(differenceOf(drivers, [...readers, ...copies]), undefined);
    for (const [i, driver] of drivers.entries()) driver.run(logs[i]);
  }

  async function fault(t: { diagnostic(text: string): void }, what: () => Promise<void>): Promise<void> {
    await progress();
    const doubts = logs.map(({ status }) => status.doubts);
    const begin = performance.now();
    await what();
    await progress();
    t.diagnostic(
      `${Math.round(performance.now() - begin)} ms, doubts ${logs.map(({ status }, i) => `${status.doubts - doubts[i]} (${status.lastDoubt})`)}`,
    );
    await servers.untilComplete();
    await check();
  }

  test('no fault: the stream acknowledges and delivers what was published, in that order', async () => {
    await progress();
    await check();
    for (const { status } of logs) assert.doesNotMatch(status.lastDoubt, /acknowledged|refused/);
  });

  test('kill -9 of the server to which a node is connected', async (t) => {
    await fault(t, async () => {
      const server = serverOf(logs[0]);
      await servers.kill(server);
      await until(() => logs[0].status.isConnected && serverOf(logs[0]) !== server);
      servers.restart(server);
    });
  });

  test('kill -9 of the leader', async (t) => {
    await fault(t, async () => {
      const leader = await servers.leaderOf(fixture.stream.name);
      await servers.kill(leader);
      await progress();
      servers.restart(leader);
    });
  });

  test('a graceful stop of the leader', async (t) => {
    await fault(t, async () => {
      const leader = await servers.leaderOf(fixture.stream.name);
      await servers.stop(leader);
      await progress();
      servers.restart(leader);
    });
  });

  test('a frozen server is left, and comes back', async (t) => {
    await fault(t, async () => {
      const server = serverOf(logs[1]);
      const begin = performance.now();
      servers.pause(server);
      await until(() => logs[1].status.isConnected && serverOf(logs[1]) !== server);
      t.diagnostic(`left after ${Math.round(performance.now() - begin)} ms`);
      await progress();
      servers.resume(server);
    });
  });

  test('a frozen leader is replaced, and what it knew late does no harm', async (t) => {
    await fault(t, async () => {
      const leader = await servers.leaderOf(fixture.stream.name);
      servers.pause(leader);
      await progress();
      servers.resume(leader);
    });
  });

  test('kill -9 of all servers', async (t) => {
    await fault(t, async () => {
      for (let server = 0; server < 3; server++) await servers.kill(server);
      for (let server = 0; server < 3; server++) servers.restart(server);
    });
  });
});
