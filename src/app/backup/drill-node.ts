/**
 * The node of a drill, in a process of its own, to be killed: its argument is a DrillNodeConfig as JSON. Tells its parent when it
 * serves, answers `status` and `snapshot`, and ends with its parent.
 */

import { commandWords, writeCommand } from '#codec/log/commands.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { InstrumentKind, OrderType, Phase, Role, Side, TimeInForce } from '#domain/commands.ts';
import { endProcess } from '#lib/end-process.ts';
import type { ClusterSettings } from '../cluster/cluster-settings.ts';
import { defaultConfiguration, nodeConfigOf } from '../config/configuration.ts';
import { startNode } from '../node.ts';
import type { BackupSettings } from '../threads/messages.ts';

export interface DrillNodeConfig {
  readonly dataDirectory: string;
  readonly nodeId: number;
  /** null: it has a log of its own. */
  readonly cluster: ClusterSettings | null;
  /** null: it backs up nothing. */
  readonly backup: BackupSettings | null;
  /** Orders per second of the drill's own two users; 0: none. */
  readonly ordersPerSecond: number;
}

/** Far from the numbers that people give: the drill's assets, accounts and users. */
const ID = 2_000_000_000;
/** The largest that the ITCH feed can carry. */
const INSTRUMENT_ID = 65_535;
const TURN_MS = 5;
const PRICES = 64;
const QTY_LOTS_MAX = 1_000;

const config = JSON.parse(process.argv[2]) as DrillNodeConfig;
const loud = (fields: object, message: string): void => console.error(message, JSON.stringify(fields));
const defaults = nodeConfigOf(defaultConfiguration());
const node = await startNode(
  {
    ...defaults,
    dataDirectory: config.dataDirectory,
    nodeId: config.nodeId,
    ouch: { ...defaults.ouch, port: 0 },
    marketData: { ...defaults.marketData, port: 0, snapshotPort: 0 },
    operations: undefined,
    http: undefined,
    fix: undefined,
    cluster: config.cluster ?? undefined,
    backup: config.backup ?? undefined,
  },
  { info: () => {}, warn: loud, error: loud },
);

function send(command: CommandInput): boolean {
  const at = node.outbox.reserve(commandWords(command));
  if (at === -1) return false;
  writeCommand(node.outbox.words, at, command);
  return true;
}

/** A market of the drill's own, so that it can trade in a copy of any venue. */
function setUp(): void {
  const [base, quote] = [ID, ID + 1];
  send({ type: 'AddAsset', assetId: base, decimals: 0, symbol: 'DRILLB' });
  send({ type: 'AddAsset', assetId: quote, decimals: 0, symbol: 'DRILLQ' });
  send({
    type: 'AddInstrument',
    instrumentId: INSTRUMENT_ID,
    kind: InstrumentKind.Spot,
    phase: Phase.Continuous,
    symbol: 'DRILL',
    baseAssetId: base,
    quoteAssetId: quote,
    tickSize: 1,
    lotSize: 1,
    lotBaseMinor: 1,
    valueNumerator: 1,
    valueDenominator: 1,
    minQtyLots: 1,
    maxQtyLots: QTY_LOTS_MAX,
  });
  for (const id of [ID, ID + 1]) {
    send({ type: 'AddAccount', accountId: id });
    send({ type: 'AddUser', newUserId: id, accountId: id, role: Role.Trader, name: `DRILL${id - ID}` });
    for (const assetId of [base, quote]) send({ type: 'Deposit', accountId: id, assetId, amountMinor: 1e12 });
  }
}

/** Orders of two users around one price, so that most of them trade. */
function startLoad(ordersPerSecond: number): void {
  const startedMs = performance.now();
  let sent = 0;
  setInterval(() => {
    const due = Math.floor(((performance.now() - startedMs) * ordersPerSecond) / 1_000);
    for (; sent < due; sent++) {
      const side = sent % 2 === 0 ? Side.Buy : Side.Sell;
      const isTaken = send({
        type: 'NewOrder',
        userId: ID + (sent % 2),
        instrumentId: INSTRUMENT_ID,
        clientOrderId: 1 + Math.floor(sent / 2),
        side,
        orderType: OrderType.Limit,
        timeInForce: TimeInForce.GoodTillCancel,
        priceTicks: 1_000 + (Math.imul(sent, 0x9e3779b1) >>> 26) - PRICES / 2,
        qtyLots: 1 + (sent % QTY_LOTS_MAX),
      });
      if (!isTaken) return;
    }
  }, TURN_MS);
}

process.on('message', (message) => {
  if (message === 'status') process.send?.(node.status());
  if (message === 'snapshot') node.snapshot();
});
process.on('disconnect', () => endProcess(1));
const { sequence, stateHash } = node.status();
if (config.ordersPerSecond > 0) {
  setUp();
  startLoad(config.ordersPerSecond);
}
process.send?.({ sequence, stateHash });
