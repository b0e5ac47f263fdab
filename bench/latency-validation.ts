/**
 * Whether a venue's P99 is within a threshold: `node bench/latency-validation.ts --p99-threshold US [--rate 1000] [--seconds 10] [--warmup 5]
 * [--nodes 1|3] [--data-dir DIR --users-file FILE --symbol SYMBOL --price PRICE] [--metrics URL] [--json]`. See scripts/production/latency-validation.sh.
 *
 * Orders are sent open loop, each counted from when it was due until its durable answer is back. With --metrics it is the node's own figure that is
 * judged: from when it read the order until it answered, as its histogram has counted meanwhile.
 */
import { parseArgs } from 'node:util';
import { bucketsOf, quantile } from './load/histogram.ts';
import { connectionsOf, openTarget } from './load/load-target.ts';
import { runLoad } from './load/processes.ts';
import { positive, refuse } from './support/refuse.ts';
import { machine, rounded } from './support/report.ts';

const USERS = 4;
const STAGE = 'hive_order_stage_seconds';
const TOTAL = 'total';
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
    json: { type: 'boolean', default: false },
  },
});
const thresholdUs = positive('p99-threshold', values['p99-threshold']);

const target = await openTarget({
  dataDirectories: values['data-dir'],
  nodes: positive('nodes', values.nodes),
  users: USERS,
  usersFile: values['users-file'],
  symbol: values.symbol,
  price: values.price === undefined ? undefined : Math.round(10_000 * positive('price', values.price)),
}).catch(refuse);
let passed = false;
try {
  const [node] = target.nodes;
  const before = values.metrics === undefined ? undefined : await scrape(values.metrics);
  const { orders, latencyNs, latenessNs } = await runLoad({
    host: node.host,
    port: node.ouchPort,
    connections: await connectionsOf(node, target, target.users),
    ordersPerSecond: positive('rate', values.rate),
    window: 1,
    warmupSeconds: positive('warmup', values.warmup),
    seconds: positive('seconds', values.seconds),
    orders: 0,
  });
  const client = { ...inUs(({ name }) => latencyNs[name] / 1_000), max: rounded(latencyNs.max / 1_000, 1) };
  const after = values.metrics === undefined ? undefined : await scrape(values.metrics);
  const own =
    before === undefined || after === undefined
      ? undefined
      : inUs(({ share }) => 1e6 * quantile(bucketsOf(after, STAGE, { stage: TOTAL }, before), share));
  const judged = own ?? client;
  passed = judged.p99 <= thresholdUs;
  // A client that is late itself measures itself.
  const latenessUs = rounded(latenessNs.p99 / 1_000, 1);
  const result = {
    passed,
    thresholdUs,
    judged: own === undefined ? 'client' : 'node',
    orders,
    rate: Number(values.rate),
    client,
    node: own,
    clientLatenessUsP99: latenessUs,
    machine: machine(),
  };
  if (values.json) console.log(JSON.stringify(result));
  else {
    const line = (who: string, us: { readonly [name: string]: number }) =>
      console.log(
        `${who.padEnd(8)}${Object.entries(us)
          .map(([name, value]) => `${name} ${value} us`)
          .join('  ')}`,
      );
    line('client', client);
    if (own !== undefined) line('node', own);
    console.log(`this client was late itself by ${latenessUs} us (P99)`);
    console.log(
      `${passed ? 'PASSED' : 'FAILED'}: P99 of the ${result.judged} is ${judged.p99} us, at most ${thresholdUs} us`,
    );
  }
} catch (error) {
  console.error((error as Error).message);
} finally {
  await target.close();
}
process.exit(passed ? 0 : 1);

function inUs(pick: (one: { readonly name: keyof typeof PERCENTILES; readonly share: number }) => number) {
  const entries = Object.entries(PERCENTILES).map(([name, share]) => [
    name,
    rounded(pick({ name: name as keyof typeof PERCENTILES, share }), 1),
  ]);
  return Object.fromEntries(entries) as Record<keyof typeof PERCENTILES, number>;
}

async function scrape(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response.text();
}
