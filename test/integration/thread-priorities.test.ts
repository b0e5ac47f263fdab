import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { NodeConfig } from '#app/node-config.ts';
import { NatsServers, whyNoNats } from '../support/nats-cluster.ts';
import { clusterSettings } from '../support/node-config.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { endChild, startChildNode } from '../support/traders.ts';

const SliceNs = { orderPath: 100_000, other: 200_000 } as const;
const SLICES: readonly number[] = Object.values(SliceNs);

function whySkipped(): string | false {
  try {
    return readFileSync('/proc/self/sched', 'utf8').includes('se.slice')
      ? false
      : 'the kernel has no slices of threads';
  } catch {
    return 'there is no /proc/self/sched: another system, or a kernel without scheduler statistics';
  }
}

const CORE_KEEPER = 'core-keeper';
/** That of V8's own threads beside an order path in real time. */
const NICE_OF_V8 = -10;

/** sched_setscheduler(2). */
const Policy = { Other: 0, Fifo: 1, Batch: 3, Idle: 5 } as const;

interface Shown {
  readonly nice: number;
  readonly policy: number;
  readonly sliceNs: number;
}

/** What the kernel says of the order path's thread, and of the others by name, of a node that serves. */
async function threadsUnder(
  t: TestContext,
  enter: readonly string[],
  different: Partial<NodeConfig> = {},
  orderPathPolicy: number = Policy.Other,
): Promise<{ orderPath: Shown; orderPathIo: string; others: Map<string, Shown> }> {
  const { child } = await startChildNode(
    temporaryDirectory('priorities'),
    { operations: { host: '127.0.0.1', port: 0, tls: undefined }, ...different },
    { enter },
  );
  t.after(() => endChild(child));
  const tasks = `/proc/${child.pid}/task`;
  const shown = (task: string): Shown => {
    // proc(5): the name is in parentheses; the nice value is the 17th behind it, the policy the 39th.
    const stat = readFileSync(`${tasks}/${task}/stat`, 'latin1').split(') ')[1].split(' ');
    const sliceNs = Number(
      /se\.slice\s*:\s*(\d+)/.exec(readFileSync(`${tasks}/${task}/sched`, 'latin1'))?.[1],
    );
    return { nice: Number(stat[16]), policy: Number(stat[38]), sliceNs };
  };
  // One that still has much to do is not in real time yet.
  while (shown(String(child.pid)).policy !== orderPathPolicy) await setTimeout(1);
  const found = (): Map<string, Shown> =>
    new Map(
      readdirSync(tasks)
        .filter((task) => Number(task) !== child.pid)
        .map((task) => [readFileSync(`${tasks}/${task}/comm`, 'latin1').trim(), shown(task)]),
    );
  if (orderPathPolicy === Policy.Fifo) {
    // The kernel is told of it once it has said its number.
    while (found().get(CORE_KEEPER)?.policy !== Policy.Idle) await setTimeout(1);
    // The edge is busy while it starts.
    while (found().get('node-V8Worker')?.nice !== NICE_OF_V8) await setTimeout(1);
  }
  const others = found();
  const orderPathIo = spawnSync('ionice', ['-p', String(child.pid)], { encoding: 'utf8' }).stdout;
  return { orderPath: shown(String(child.pid)), orderPathIo, others };
}

const whyNotFirst =
  spawnSync('nice', ['-n', '-10', 'true']).stderr.length > 0 && 'this user may not give negative nice values';
/** Takes the privilege away, from root too. */
const WITHOUT_PRIVILEGE = ['setpriv', '--bounding-set=-sys_nice', '--inh-caps=-sys_nice'];

for (const { title, enter, skip, orderPathNice, orderPathPolicy, v8Nice, operationsNice, edgeNice } of [
  {
    title:
      'all threads of a node take short turns, and all but the one that answers probes give way to the order path',
    enter: whyNotFirst === false ? WITHOUT_PRIVILEGE : [],
    skip: whySkipped(),
    orderPathNice: 0,
    orderPathPolicy: Policy.Other,
    v8Nice: 5,
    operationsNice: 0,
    edgeNice: 5,
  },
  {
    title: 'with the privilege to, the order path is in real time, and its requests to the disk are not',
    enter: [],
    skip: whySkipped() || whyNotFirst,
    orderPathNice: -10,
    orderPathPolicy: Policy.Fifo,
    v8Nice: NICE_OF_V8,
    operationsNice: -5,
    edgeNice: -5,
  },
]) {
  test(title, { skip }, async (t) => {
    const { orderPath, orderPathIo, others } = await threadsUnder(t, enter, {}, orderPathPolicy);
    assert.equal(orderPath.nice, orderPathNice);
    if (orderPathPolicy === Policy.Fifo) assert.match(orderPathIo, /^best-effort/);
    else assert.equal(orderPath.sliceNs, SliceNs.orderPath);
    for (const name of ['archive', 'edge', 'market-data', 'node-V8Worker', 'operations'])
      assert.ok(others.has(name), name);
    const niceOf = new Map([
      ['operations', operationsNice],
      ['edge', edgeNice],
      ['node-V8Worker', v8Nice],
    ]);
    const expected = new Map<string, Shown>(
      [...others.keys()].map((name) => [
        name,
        { nice: niceOf.get(name) ?? 5, policy: Policy.Other, sliceNs: SliceNs.other },
      ]),
    );
    if (orderPathPolicy === Policy.Fifo)
      expected.set(CORE_KEEPER, {
        nice: 0,
        policy: Policy.Idle,
        sliceNs: others.get(CORE_KEEPER)?.sliceNs ?? 0,
      });
    assert.deepEqual(others, expected);
  });
}

test('the order path leaves real time while it takes most of its core, and comes back; at the end it has a share', {
  skip: whySkipped() || whyNotFirst,
}, async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [fileURLToPath(new URL('../support/busy-order-path.ts', import.meta.url))],
    { timeout: 60_000 },
  );
  assert.equal(stdout, 'idle: 1\nbusy: 0\nidle: 1\nclosed: 0\n', stderr);
});

test('the edge is on the core of the order path while both have room there, and so is what keeps it awake while orders come', {
  skip: whySkipped() || whyNotFirst || (availableParallelism() === 1 && 'there is one core'),
}, async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [fileURLToPath(new URL('../support/order-path-core.ts', import.meta.url))],
    { timeout: 60_000 },
  );
  assert.deepEqual(
    stdout.trim().split('\n'),
    [
      'idle edge: on one core',
      "idle edge: V8's threads next after the order path",
      'busy edge: on any',
      "busy edge: V8's threads behind it",
      'idle edge: on one core',
      'order path bound to a core: the edge on any',
      'let go: on one core',
      "order path: where its disk's interrupts arrive, if that is one core",
      'keeper: on the same, when nobody else wants it',
      'orders come: it is awake',
      'no orders: it sleeps',
      "closed: no keeper, V8's threads as before, the edge on any",
    ],
    stderr,
  );
});

test('the order path of a cluster does not go before the nats-server that it waits for', {
  skip: whySkipped() || whyNotFirst || (whyNoNats() ?? false),
}, async (t) => {
  const servers = await NatsServers.start({ count: 1, directory: temporaryDirectory('priorities-nats') });
  t.after(() => servers.close());
  const { orderPath, others } = await threadsUnder(t, [], {
    cluster: clusterSettings(servers.urls, { replicas: 1 }),
  });
  assert.deepEqual(
    [orderPath, others.get('node-V8Worker')],
    [
      { nice: 0, policy: Policy.Other, sliceNs: SliceNs.orderPath },
      { nice: 5, policy: Policy.Other, sliceNs: SliceNs.other },
    ],
  );
});

test('a node that was given a nice value or a policy of its own keeps it, and the turns of it', {
  skip: whySkipped(),
}, async (t) => {
  for (const [enter, nice, policy] of [
    [['nice', '-n', '3'], 3, Policy.Other],
    [['chrt', '--batch', '0'], 0, Policy.Batch],
  ] as const) {
    const { orderPath, others } = await threadsUnder(t, enter, {}, policy);
    for (const [name, shown] of [['order path', orderPath] as const, ...others]) {
      assert.equal(shown.nice, nice, `${enter[0]}: ${name}`);
      assert.ok(!SLICES.includes(shown.sliceNs), `${enter[0]}: ${name}`);
    }
  }
});
