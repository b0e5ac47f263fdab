import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readEvents } from '#codec/log/events.ts';
import { NewOrder } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS } from '#domain/entry.ts';
import { Limits } from '#domain/limits.ts';
import { RejectCode } from '#domain/rejects.ts';
import type { DeskUser } from '#gateways/orders/desk-user.ts';
import type { Outcome, ReplaceRequest } from '#gateways/orders/requests.ts';
import { DeskCluster } from './support/desk-cluster.ts';
import { BUY_ONE, type DeskNode, DeskVenue, settled } from './support/desk-venue.ts';
import { send } from './support/random-flow.ts';

/** An outcome as text: how it ended, and with which order. */
function told(outcome: Outcome): string {
  if (outcome.kind === 'rejected') return `rejected ${outcome.rejectCode}`;
  if (outcome.kind === 'refused') return `refused ${outcome.why}`;
  return outcome.kind === 'unknown' ? 'unknown' : `${outcome.kind} ${outcome.order?.orderId}`;
}

/** Two nodes, and what the user's requests were told, in order. */
class TwoNodes {
  readonly venue: DeskVenue;
  readonly a: DeskNode;
  readonly b: DeskNode;
  readonly lines: string[] = [];
  /** Codes of the refusals in the log. */
  readonly refusals: number[] = [];

  constructor(t: TestContext) {
    this.venue = new DeskVenue(t, 2);
    this.a = this.venue.nodes[0];
    this.b = this.venue.addNode(2, 1);
    this.a.views.push({
      onEvents: (words, from, to) => {
        for (const event of readEvents(words, from, to))
          if (event.type === 'CommandRejected') this.refusals.push(event.rejectCode);
      },
      onRestart: () => {},
      onImage: () => {},
    });
  }

  user(node: DeskNode): Promise<DeskUser> {
    return node.desk.open(1);
  }

  on = (name: string) => (outcome: Outcome) => void this.lines.push(`${name} ${told(outcome)}`);

  /** What the nodes have sent comes to the log, node by node, and everybody sees it. */
  async log(...nodes: DeskNode[]): Promise<void> {
    for (const node of nodes) for (const entry of node.take()) this.venue.append(entry);
    for (const node of this.venue.nodes) node.deliver();
    await settled();
  }
}

function replaceOf(originalClientOrderId: number, clientTag: string): ReplaceRequest {
  return {
    instrumentId: 1,
    originalClientOrderId,
    priceTicks: 90,
    qtyLots: 1,
    displayQtyLots: 0,
    stopPriceTicks: 0,
    expireSeconds: 0,
    clientTag,
    keepsTag: false,
  };
}

test('two nodes give one number at once: each client gets its own order', async (t) => {
  const nodes = new TwoNodes(t);
  const [onA, onB] = [await nodes.user(nodes.a), await nodes.user(nodes.b)];
  onA.place(BUY_ONE, nodes.on('A'));
  onA.place({ ...BUY_ONE, clientTag: 'named' }, nodes.on('A named'));
  onB.place(BUY_ONE, nodes.on('B'));
  onB.place(BUY_ONE, nodes.on('B second'));
  await nodes.log(nodes.b, nodes.a);
  assert.deepEqual(nodes.lines, ['B done 1', 'B second done 2']);
  await nodes.log(nodes.a);
  assert.deepEqual(nodes.lines.slice(2), ['A done 3', 'A named done 4']);
  assert.deepEqual(nodes.refusals, [100, 100]);
});

test('an OUCH session of the same node uses the number first: the order is sent again', async (t) => {
  const nodes = new TwoNodes(t);
  const onA = await nodes.user(nodes.a);
  const { clientTag: _none, ...terms } = BUY_ONE;
  send(nodes.a.outbox, { type: 'NewOrder', userId: 1, clientOrderId: 1, ...terms });
  onA.place({ ...BUY_ONE, clientTag: 'named' }, nodes.on('text'));
  await nodes.log(nodes.a);
  assert.deepEqual(nodes.lines, []);
  await nodes.log(nodes.a);
  send(nodes.a.outbox, { type: 'NewOrder', userId: 1, clientOrderId: 3, ...terms, instrumentId: 99 });
  onA.place(BUY_ONE, nodes.on('instrument'));
  await nodes.log(nodes.a);
  await nodes.log(nodes.a);
  send(nodes.a.outbox, { type: 'NewOrder', userId: 1, clientOrderId: 5, ...terms, qtyLots: 2 });
  onA.place(BUY_ONE, nodes.on('quantity'));
  await nodes.log(nodes.a);
  await nodes.log(nodes.a);
  assert.deepEqual(nodes.lines, ['text done 2', 'instrument done 3', 'quantity done 5']);
});

test('a number that others are faster with every time is given up, and nothing was entered', async (t) => {
  const nodes = new TwoNodes(t);
  const onA = await nodes.user(nodes.a);
  const { clientTag: _none, ...terms } = BUY_ONE;
  onA.place({ ...BUY_ONE, clientTag: 'slow' }, nodes.on('slow'));
  for (let attempt = 0; attempt <= Limits.DESK_RENUMBERINGS_MAX; attempt++) {
    assert.deepEqual(nodes.lines, []);
    send(nodes.b.outbox, { type: 'NewOrder', userId: 1, clientOrderId: 1_000 * (attempt + 1), ...terms });
    await nodes.log(nodes.b, nodes.a);
  }
  assert.deepEqual(nodes.lines, ['slow refused BUSY']);
  assert.deepEqual([onA.pendingCount, onA.isEntering('slow')], [0, false]);
  onA.place({ ...BUY_ONE, clientTag: 'slow' }, nodes.on('again'));
  await nodes.log(nodes.a);
  assert.equal(nodes.lines.at(-1), `again done ${Limits.DESK_RENUMBERINGS_MAX + 2}`);
});

for (const isLate of [false, true]) {
  const when = isLate ? 'after the second' : 'before the second';
  test(`a text that was sent to a node that died is one order when its entry comes ${when}`, async (t) => {
    const nodes = new TwoNodes(t);
    (await nodes.user(nodes.a)).place({ ...BUY_ONE, clientTag: 'once' }, () => assert.fail('it is dead'));
    const late = nodes.a.take();
    nodes.venue.dropNode(nodes.a);
    const onB = await nodes.user(nodes.b);
    const [entry] = late;
    if (isLate) {
      // Above all numbers that B gives: the number is no repeat.
      entry.i32[ENTRY_HEADER_WORDS + NewOrder.at.clientOrderId] = 100;
      onB.place({ ...BUY_ONE, clientTag: 'once' }, nodes.on('B'));
      await nodes.log(nodes.b);
    }
    nodes.venue.append(entry);
    if (!isLate) onB.place({ ...BUY_ONE, clientTag: 'once' }, nodes.on('B'));
    await nodes.log(nodes.b);
    assert.deepEqual(nodes.lines, [isLate ? 'B done 1' : 'B repeat 1']);
    assert.equal(nodes.venue.core.state.orders.store.liveOrders, 1);
  });
}

test('a text that came in by another node is a repeat, whether its number or the text itself was refused', async (t) => {
  const nodes = new TwoNodes(t);
  const [onA, onB] = [await nodes.user(nodes.a), await nodes.user(nodes.b)];
  onA.place({ ...BUY_ONE, clientTag: 'mine' }, nodes.on('A'));
  onB.place({ ...BUY_ONE, clientTag: 'mine' }, nodes.on('B'));
  await nodes.log(nodes.a, nodes.b);
  assert.deepEqual([nodes.lines, nodes.refusals], [['A done 1', 'B repeat 1'], [100]]);
  onA.place(BUY_ONE, nodes.on('A'));
  onA.place(BUY_ONE, nodes.on('A'));
  onA.place({ ...BUY_ONE, clientTag: 'yours' }, nodes.on('A yours'));
  onB.place({ ...BUY_ONE, clientTag: 'yours' }, nodes.on('B yours'));
  await nodes.log(nodes.b, nodes.a);
  await nodes.log(nodes.a);
  assert.deepEqual(nodes.lines.slice(2), ['A done 3', 'A yours repeat 2', 'B yours done 2', 'A done 4']);
  assert.deepEqual(nodes.refusals.slice(1), [100, 103]);
});

test('the same replace, sent to two nodes, is one; a text that another order has is refused', async (t) => {
  const nodes = new TwoNodes(t);
  const [onA, onB] = [await nodes.user(nodes.a), await nodes.user(nodes.b)];
  onA.place({ ...BUY_ONE, clientTag: 'first' }, nodes.on('A'));
  onA.place({ ...BUY_ONE, clientTag: 'other' }, nodes.on('A'));
  await nodes.log(nodes.a);
  onA.replace(replaceOf(1, 'second'), nodes.on('A'));
  onB.replace(replaceOf(1, 'second'), nodes.on('B'));
  await nodes.log(nodes.a, nodes.b);
  await nodes.log(nodes.b);
  assert.deepEqual(nodes.lines.slice(2), ['A done 3', 'B repeat 3']);
  onB.replace(replaceOf(2, 'second'), nodes.on('B'));
  await nodes.log(nodes.b);
  assert.equal(nodes.lines.at(-1), `B rejected ${RejectCode.DUPLICATE_CLIENT_TAG}`);
});

test('what another node canceled answers no cancel that was sent here', async (t) => {
  const nodes = new TwoNodes(t);
  const [onA, onB] = [await nodes.user(nodes.a), await nodes.user(nodes.b)];
  onA.place(BUY_ONE, nodes.on('A'));
  await nodes.log(nodes.a);
  onA.cancel(1, 1, 0, '', nodes.on('A'));
  onB.cancel(1, 1, 0, '', nodes.on('B'));
  await nodes.log(nodes.b);
  assert.deepEqual(nodes.lines.slice(1), ['B done 1']);
  await nodes.log(nodes.a);
  assert.equal(nodes.lines.at(-1), `A rejected ${RejectCode.UNKNOWN_ORDER}`);
});

test('OUCH: one number, sent to two nodes, is one order', async (t) => {
  const nodes = new TwoNodes(t);
  const { clientTag: _none, ...terms } = BUY_ONE;
  for (const node of [nodes.a, nodes.b])
    send(node.outbox, { type: 'NewOrder', userId: 1, clientOrderId: 7, ...terms, clientTag: 'label' });
  await nodes.log(nodes.b, nodes.a);
  assert.deepEqual(nodes.refusals, [RejectCode.DUPLICATE_CLIENT_ORDER_ID]);
  assert.equal(nodes.venue.core.state.orders.store.liveOrders, 1);
});

test('random: a text is one order on two nodes, and each client is told once what is true', async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  for (let run = 0; run < 5; run++) await new DeskCluster(t, seed + run).run();
});

test('random: a core that forgets texts at once is found out', async (t) => {
  await assert.rejects(async () => {
    for (let seed = 1; seed <= 10; seed++)
      await new DeskCluster(t, seed, { capacity: { clientTagsMax: 1 } }).run();
  }, /text t\d+ is one order/);
});

test('random: a desk that takes the answers of other nodes for its own is found out', async (t) => {
  await assert.rejects(async () => {
    for (let seed = 1; seed <= 10; seed++) await new DeskCluster(t, seed, { hidesOrigin: true }).run();
  }, /order \d+ is the doing of one request/);
});
