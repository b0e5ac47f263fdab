import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { NodeConfig } from '#app/node-config.ts';
import { NatsServers, whyNoNats } from '../support/nats-cluster.ts';
import { QuickFix, whyNoQuickFix } from '../support/quickfix.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type ChildNode, startChildNode } from '../support/traders.ts';
import { assertNothingRefused, field, isReport, loggedOn, oneTo, reportNumbers } from './lines.ts';

const reason = whyNoQuickFix() ?? whyNoNats();
const OPTIONS = { timeout: 180_000, ...(reason === undefined ? {} : { skip: reason }) };
const NODES = 3;

/** Where a counterparty always connects: it is led to a node that can be changed. */
class Balancer {
  /** Port of the node; 0: connections are refused. */
  target = 0;
  readonly #server: Server;
  readonly #sockets: Socket[] = [];

  constructor(t: TestContext) {
    this.#server = createServer((socket) => {
      const node = connect(this.target, '127.0.0.1');
      this.#sockets.push(socket, node);
      socket.pipe(node).pipe(socket);
      for (const one of [socket, node]) {
        one.on('error', () => {});
        one.on('close', () => {
          socket.destroy();
          node.destroy();
        });
      }
    });
    t.after(() => {
      this.cut();
      this.#server.close();
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all connections, on both sides. */
  cut(): void {
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }
}

/** ExecType of an answer that says how an order is: no report. */
const ORDER_STATUS = 'I';

/** Three nats-servers and three nodes. */
async function startCluster(t: TestContext): Promise<{ directory: string; nodes: ChildNode[] }> {
  const directory = temporaryDirectory('fix-cluster');
  const servers = await NatsServers.start({ count: NODES, directory: join(directory, 'nats') });
  const nodes: ChildNode[] = [];
  t.after(async () => {
    for (const { child } of nodes) child.kill('SIGKILL');
    await servers.close();
  });
  const cluster: NodeConfig['cluster'] = {
    servers: servers.urls,
    stream: 'HIVE',
    replicas: 3,
    maxBytes: 2 ** 29,
    credentialsFile: undefined,
    user: undefined,
    passwordFile: undefined,
    tls: undefined,
    mirrorOf: undefined,
    observe: false,
  };
  for (let nodeId = 1; nodeId <= NODES; nodeId++) {
    nodes.push(await startChildNode(join(directory, `node-${nodeId}`), { nodeId, cluster, attestEvery: 0 }));
  }
  return { directory, nodes };
}

const portOf = ({ edgePorts }: ChildNode): number => edgePorts['fix'] ?? 0;

test(
  'QuickFIX goes on at other nodes when its node is killed, and when it is frozen: every order and every report once',
  OPTIONS,
  async (t) => {
    const { directory, nodes } = await startCluster(t);
    const counterparty = async (name: string, node: ChildNode): Promise<[QuickFix, Balancer]> => {
      const balancer = new Balancer(t);
      balancer.target = portOf(node);
      const port = await balancer.listen();
      const home = join(directory, name);
      mkdirSync(home);
      const quickFix = new QuickFix({
        version: '44',
        port,
        senderCompId: name,
        targetCompId: 'HIVE',
        directory: home,
        password: 'secret',
      });
      t.after(() => quickFix.child.kill('SIGKILL'));
      await quickFix.until(loggedOn);
      return [quickFix, balancer];
    };
    const [ann, annAt] = await counterparty('U1', nodes[0]);
    const [bob, bobAt] = await counterparty('U2', nodes[0]);
    let sold = 0;
    const sell = (count: number): void => {
      for (let i = 0; i < count; i++) bob.send(`D|11=b${++sold}|55=BTCUSD|54=2|38=1|40=2|44=10.00|59=3`);
    };
    const accepted = (): Set<string> =>
      new Set(
        bob.lines.filter((line) => isReport(line) && field(line, 150) === '0').map((line) => field(line, 11)),
      );
    ann.send('D|11=a1|55=BTCUSD|54=1|38=100000|40=2|44=10.00|59=1');
    await ann.until((lines) => lines.some(isReport));

    // The node of both is killed while they trade.
    sell(600);
    await ann.until((lines) => lines.filter(isReport).length > 100);
    annAt.target = portOf(nodes[1]);
    bobAt.target = portOf(nodes[1]);
    nodes[0].child.kill('SIGKILL');
    await bob.until(() => accepted().size === sold);

    // Their node is frozen while they trade: they go to the third. Then it wakes up.
    sell(600);
    const before = accepted().size;
    await bob.until(() => accepted().size > before + 100);
    nodes[1].child.kill('SIGSTOP');
    annAt.target = portOf(nodes[2]);
    bobAt.target = portOf(nodes[2]);
    annAt.cut();
    bobAt.cut();
    await bob.until(() => accepted().size === sold);
    nodes[1].child.kill('SIGCONT');
    sell(100);
    await bob.until(() => accepted().size === sold);

    ann.send('D|11=last|55=BTCUSD|54=1|38=1|40=2|44=1.00|59=1');
    await ann.until((lines) => lines.some((line) => isReport(line) && field(line, 11) === 'last'));
    const numbers = reportNumbers(ann.lines);
    assert.deepEqual(numbers, oneTo(numbers.length));
    for (const one of [ann, bob]) assertNothingRefused(one.lines);
    // A node that wakes up may still hand in orders that went to another one meanwhile. They are refused as repeats, which takes numbers that Bob is not told of
    // (docs/protocols/fix.md): so what he was told is compared; no number may come twice as a new one.
    reportNumbers(bob.lines);
    // Every order was accepted once, and sold what it had.
    const told = new Map<string, Set<string>>();
    for (const line of bob.lines.filter((one) => isReport(one) && field(one, 150) !== ORDER_STATUS)) {
      const what = `${field(line, 11)} ${field(line, 150)}`;
      told.set(what, (told.get(what) ?? new Set()).add(field(line, 17)));
    }
    const expected = Array.from({ length: sold }, (_, i) => [`b${i + 1} 0`, `b${i + 1} F`]).flat();
    assert.deepEqual([...told.keys()].toSorted(), expected.toSorted());
    assert.deepEqual(
      [...told].filter(([, execIds]) => execIds.size !== 1),
      [],
    );
  },
);
