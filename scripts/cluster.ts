/**
 * A cluster on this machine, to try things out: three nats-servers and three nodes on loopback, with the demo market at the
 * first. `npm run cluster [-- --data-dir DIR]`, until Ctrl-C. The nats-servers come from scripts/install-nats.sh.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { STOP_SIGNALS } from '#app/end-on-signal.ts';
import { isListening, NatsServers, whyNoNats } from '../test/support/nats-cluster.ts';
import { scriptOptions } from '../test/support/script-options.ts';

const NODES = 3;
/** The ports of the first node are the defaults; those of each further one are so many above. */
const PORT_STEP = 100;
const PORTS = {
  'ouch-port': 26_001,
  'market-data-port': 26_002,
  'snapshot-port': 26_003,
  'fix-port': 26_010,
  'http-port': 26_080,
  'operations-port': 26_090,
};

const { values } = scriptOptions('npm run cluster -- [--data-dir=data-cluster]', {
  options: { 'data-dir': { type: 'string', default: 'data-cluster' } },
});
const directory = resolve(values['data-dir']);
const missing = whyNoNats();
if (missing !== undefined) {
  console.error(missing);
  process.exit(1);
}
// Before the servers start: another cluster's may be at the same files.
for (const port of Array.from({ length: NODES }, (_, i) => portsOf(i + 1)).flatMap(Object.values<number>)) {
  if (!(await isListening(port))) continue;
  console.error(
    `port ${port}, which the nodes need, is in use: is there a node of npm start, or another cluster? Stop that first`,
  );
  process.exit(1);
}
const servers = await NatsServers.start({
  count: NODES,
  directory: join(directory, 'nats'),
  syncAlways: true,
});
const nodes = Array.from({ length: NODES }, (_, i) => startNode(i + 1, i === 0));
const stop = (): void => {
  for (const node of nodes) node.kill('SIGTERM');
};
for (const signal of STOP_SIGNALS) process.on(signal, stop);
// Nobody is left to see the nodes, or to end them.
process.stdout.on('error', stop);
console.log(`nats-servers  ${servers.urls.join('  ')}`);
await Promise.all(nodes.map((node) => once(node, 'exit')));
await servers.close();

function portsOf(nodeId: number): { readonly [name: string]: number } {
  const ports = Object.entries(PORTS).map(([name, port]) => [name, port + (nodeId - 1) * PORT_STEP]);
  return Object.fromEntries(ports);
}

function startNode(nodeId: number, hasDemo: boolean) {
  const ports = Object.entries(portsOf(nodeId)).flatMap(([name, port]) => [`--${name}`, String(port)]);
  const node = spawn(
    process.execPath,
    [
      join(import.meta.dirname, '../bin/hive.js'),
      'start',
      ...['--cluster', servers.urls.join(',')],
      ...['--node-id', String(nodeId), '--data-dir', join(directory, `node-${nodeId}`)],
      ...ports,
      hasDemo ? '--demo' : '--no-demo',
    ],
    // Ctrl-C goes to the whole group of processes; the nodes are told by this one.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  for (const stream of [node.stdout, node.stderr]) {
    createInterface({ input: stream }).on('line', (line) => console.log(`node ${nodeId}  ${line}`));
  }
  return node;
}
