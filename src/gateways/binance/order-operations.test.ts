import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Role } from '#domain/commands.ts';
import type { ArchiveQuery, OrderRecord } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import { principalOf } from '../identity/principal.ts';
import { directoryOf, userAdded } from '../identity/test-support.ts';
import type { OnOutcome } from '../orders/requests.ts';
import { BTCUSD, viewOf, viewsOf } from '../rest/test-support.ts';
import type { BinanceSources, PrivateOperation } from './operations.ts';
import { orderOperations } from './order-operations.ts';
import { Params } from './params.ts';
import { TimeUnit } from './texts.ts';

const ANN = principalOf(directoryOf(userAdded(1, 'ANN', { role: Role.Trader })).user(1)!);
const SEQUENCE = 50;
const TAKEN = { instrumentId: BTCUSD.instrumentId, orderId: 9, timeSeconds: 1, timeNanos: 0 };
const FILL = {
  ...TAKEN,
  sequence: SEQUENCE,
  priceTicks: 1,
  qtyLots: 1,
  feeMinor: 0,
  feeAssetId: BTCUSD.quoteAssetId,
};

test('FULL has each fill that an order met when it came, however many there are, and none that came later', async () => {
  const count = 2 * Limits.HISTORY_PAGE_MAX + 1;
  const order = {
    ...TAKEN,
    priceTicks: 0,
    stopPriceTicks: 0,
    displayQtyLots: 0,
    qtyLots: count,
    cumQtyLots: count,
    cumAmountMinor: count,
  };
  const later = { ...FILL, tradeId: count + 1, sequence: SEQUENCE + 1 };
  const met = Array.from({ length: count }, (_, index) => ({ ...FILL, tradeId: count - index }));
  const rows = [later, ...met];
  const archive = {
    ask: async ({ cursor = '0' }: ArchiveQuery<'fills'>) => {
      const end = Number(cursor) + Limits.HISTORY_PAGE_MAX;
      const page = {
        rows: rows.slice(Number(cursor), end),
        cursor: end < rows.length ? String(end) : undefined,
      };
      return { sequence: 100, result: page };
    },
  };
  const user = {
    place: (_request: object, onOutcome: OnOutcome) =>
      onOutcome({ kind: 'done', order: order as OrderRecord, sequence: SEQUENCE, canceledOrders: 0 }),
  };
  const sources = { views: viewsOf([viewOf(BTCUSD)]), archive, desk: { open: async () => user } };
  const place = orderOperations(sources as unknown as BinanceSources).find(
    ({ wsMethod }) => wsMethod === 'order.place',
  ) as PrivateOperation;
  const asked = { symbol: 'BTCUSD', side: 'BUY', type: 'MARKET', quantity: '1' };
  const answer = (await place.prepare(
    new Params(new Map(Object.entries(asked))),
    TimeUnit.Millisecond,
  )(ANN)) as {
    readonly fills: readonly { readonly tradeId: number }[];
  };
  assert.deepEqual(
    answer.fills.map(({ tradeId }) => tradeId),
    met.map(({ tradeId }) => tradeId).reverse(),
  );
});
