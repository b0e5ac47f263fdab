/**
 * Whether a venue's P99 is within a threshold: `node bench/latency-validation.ts --p99-threshold US [--rate 1000] [--seconds 10] [--warmup 5]
 * [--nodes 1|3] [--data-dir DIR --users-file FILE --symbol SYMBOL --price PRICE] [--metrics URL [--stage total]] [--json]`. See scripts/production/latency-validation.sh.
 *
 * Orders are sent open loop, each counted from when it was due until its durable answer is back. With --metrics it is the node's own figure that is
 * judged: from when it read the order until it answered, or one stage of that, as its histogram has counted meanwhile. Without --data-dir nothing is
 * sent then: the orders are those of the node's clients.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endProcess } from '#lib/end-process.ts';
import { STAGES } from '#replica/stage-times.ts';
import { bucketsOf, quantile } from './load/histogram.ts';
import { connectionsOf, openTarget } from './load/load-target.ts';
import { runLoad } from './load/processes.ts';
import { positive, refuse, USAGE } from './support/refuse.ts';
import { machine, rounded } from './support/report.ts';

const USERS = 4;
const STAGE = 'hive_order_stage_seconds';
const PERCENTILES = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 } as const;

const { values } = parseArgs({
  options: {
    'p99-threshold': { type: 'string' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    warmup: { type: 'string', default: '5' },
    nodes: { type: 'string', default: '1' },
    'data-dir': { type: 'string', multiple: true, default: [] },
    'users-file': { type: 'string' },
    symbol: { type: 'string' },
    price: { type: 'string' },
    metrics: { type: 'string' },
    stage: { type: 'string', default: 'total' },
    json: { type: 'boolean', default: false },
  },
});
const thresholdUs = positive('p99-threshold', values['p99-threshold']);

const { metrics, stage } = values;
const seconds = positive('seconds', values.seconds);
if (!(STAGES as readonly string[]).includes(stage))
  refuse(new Error(`--stage is one of ${STAGES.join(', ')}, not ${stage}`), USAGE);
let passed = false;
try {
  passed = await (metrics !== undefined && values['data-dir'].length === 0
    ? judgeNode(metrics)
    : judgeLoad());
} catch (error) {
  console.error((error as Error).message);
}
endProcess(passed ? 0 : 1);

/** What the node's clients have sent meanwhile. */
async function judgeNode(url: string): Promise<boolean> {
  const before = await scrape(url);
  await sleep(seconds * 1_000);
  const { us, orders } = between(before, await scrape(url));
  if (orders === 0)
    throw new Error(`no order passed the node within ${seconds} s: there is nothing to judge`);
  return report({ judged: 'node', orders, node: us }, us);
}

/** What is sent from here. */
async function judgeLoad(): Promise<boolean> {
  const rate = positive('rate', values.rate);
  const target = await openTarget({
    dataDirectories: values['data-dir'],
    nodes: positive('nodes', values.nodes),
    users: USERS,
    usersFile: values['users-file'],
    symbol: values.symbol,
    price: values.price === undefined ? undefined : Math.round(10_000 * positive('price', values.price)),
  }).catch(refuse);
  try {
    const [node] = target.nodes;
    const before = metrics === undefined ? undefined : await scrape(metrics);
    const { orders, latencyNs, latenessNs } = await runLoad({
      host: node.host,
      port: node.ouchPort,
      connections: await connectionsOf(node, target, target.users),
      ordersPerSecond: rate,
      window: 1,
      warmupSeconds: positive('warmup', values.warmup),
      seconds,
      orders: 0,
    });
    const client = { ...inUs(({ name }) => latencyNs[name] / 1_000), max: rounded(latencyNs.max / 1_000, 1) };
    const own =
      metrics === undefined || before === undefined ? undefined : between(before, await scrape(metrics)).us;
    // A client that is late itself measures itself.
    const clientLatenessUsP99 = rounded(latenessNs.p99 / 1_000, 1);
    const judged = own === undefined ? 'client' : 'node';
    return report({ judged, orders, rate, client, node: own, clientLatenessUsP99 }, own ?? client);
  } finally {
    await target.close();
  }
}

type Percentiles = { readonly [name in keyof typeof PERCENTILES]: number };

interface Measured {
  readonly judged: 'client' | 'node';
  readonly orders: number;
  readonly rate?: number;
  readonly client?: Percentiles;
  readonly node: Percentiles | undefined;
  readonly clientLatenessUsP99?: number;
}

/** Prints it. Returns whether it passed. */
function report(measured: Measured, { p99 }: Percentiles): boolean {
  const { judged, client, node, clientLatenessUsP99 } = measured;
  const isWithin = p99 <= thresholdUs;
  if (values.json)
    console.log(JSON.stringify({ passed: isWithin, thresholdUs, stage, ...measured, machine: machine() }));
  else {
    for (const [who, us] of Object.entries({ client, node })) {
      if (us === undefined) continue;
      const texts = Object.entries(us).map(([name, value]) => `${name} ${value} us`);
      console.log(`${who.padEnd(8)}${texts.join('  ')}`);
    }
    if (clientLatenessUsP99 !== undefined)
      console.log(`this client was late itself by ${clientLatenessUsP99} us (P99)`);
    console.log(
      `${isWithin ? 'PASSED' : 'FAILED'}: P99 of the ${judged} is ${p99} us, at most ${thresholdUs} us`,
    );
  }
  return isWithin;
}

/** What the node counted between two scrapes. */
function between(before: string, after: string): { readonly us: Percentiles; readonly orders: number } {
  const buckets = bucketsOf(after, STAGE, { stage }, before);
  return {
    us: inUs(({ share }) => 1e6 * quantile(buckets, share)),
    orders: buckets.at(-1)?.count ?? 0,
  };
}

function inUs(pick: (one: { readonly name: keyof typeof PERCENTILES; readonly share: number }) => number) {
  const entries = Object.entries(PERCENTILES).map(([name, share]) => [
    name,
    rounded(pick({ name: name as keyof typeof PERCENTILES, share }), 1),
  ]);
  return Object.fromEntries(entries) as Percentiles;
}

async function scrape(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch((error: Error) => {
    throw new Error(
      `${url} does not answer (${(error.cause as Error | undefined)?.message ?? error.message})`,
    );
  });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response.text();
}
