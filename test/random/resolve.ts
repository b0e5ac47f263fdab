import type { CommandInput } from '#codec/log/record-types.ts';
import { InstrumentKind, type Side } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { availableOf, type Exposure, grossOf, heldOf, marginOf, totalOf } from '../oracle/money.ts';
import { coversHold, limitOf } from '../oracle/refusals.ts';
import type { Instrument, Order, Venue } from '../oracle/venue.ts';
import { cancelOf } from '../support/cancel-trade.ts';
import type { Draft, FieldValue } from './drafts.ts';

const UNKNOWN_CLIENT_ORDER_ID = 1_999_999_999;

/** The command that a draft stands for in the venue as it is. */
export function resolve(draft: Draft, venue: Venue, seconds: number): CommandInput {
  const fields: Record<string, FieldValue> = { ...draft.fields };
  switch (draft.type) {
    case 'NewOrder':
      resolveNew(draft, fields, venue, seconds);
      break;
    case 'CancelOrder': {
      const order = chosen(venue.orders, draft.order);
      if (order !== undefined) fields['userId'] = order.user.userId;
      fields['clientOrderId'] = numberOf(order);
      if (order === undefined) break;
      scale(fields, order.instrument, ['totalQtyLots']);
      if (draft.relative === 'keep terms') {
        const totalQtyLots = order.cumQtyLots + order.leavesQtyLots + Number(fields['totalQtyLots']);
        fields['totalQtyLots'] = totalQtyLots;
      }
      break;
    }
    case 'Deposit':
    case 'Withdraw':
      if (draft.edge !== undefined) resolveAmount(draft, fields, venue, draft.edge);
      break;
    case 'ReplaceOrder':
      resolveReplace(draft, fields, venue, seconds);
      break;
    case 'CancelTrade': {
      const trade =
        draft.order < 0 ? undefined : venue.trades.at(-1 - (draft.order % Math.max(venue.trades.length, 1)));
      if (trade !== undefined) Object.assign(fields, { ...cancelOf(trade), ...fields });
      break;
    }
    case 'SetPhase':
      fields['endSeconds'] = after(seconds, fields['endSeconds']);
      break;
    default:
  }
  return { type: draft.type, ...fields } as unknown as CommandInput;
}

/** A time `offset` seconds from now; none for a negative or missing offset. */
function after(seconds: number, offset: FieldValue | undefined): number {
  const value = Number(offset ?? -1);
  return value < 0 ? 0 : seconds + value;
}

function nextClientOrderId(venue: Venue, userId: number, skew: number): number {
  return Math.max(0, (venue.user(userId)?.lastClientOrderId ?? 0) + 1 + skew);
}

/** One of the live orders, newest first, modulo their number. */
function chosen(orders: readonly Order[], index: number): Order | undefined {
  if (index < 0 || orders.length === 0) return undefined;
  return orders.toSorted((a, b) => b.orderId - a.orderId)[index % orders.length];
}

const numberOf = (order: Order | undefined): number => order?.clientOrderId ?? UNKNOWN_CLIENT_ORDER_ID;

type Fields = Record<string, FieldValue>;

/** In an instrument of very small lots quantities come in multiples of its smallest one, and a bit. */
function scale(fields: Fields, instrument: Instrument | undefined, names: readonly string[]): void {
  const unit = instrument?.terms.minQtyLots ?? 1;
  if (unit <= 2) return;
  for (const name of names) {
    const value = Number(fields[name] ?? 0);
    if (Math.abs(value) < 100) fields[name] = value * unit + value;
  }
}

function resolveNew(draft: Draft, fields: Fields, venue: Venue, seconds: number): void {
  const userId = Number(fields['userId']);
  fields['clientOrderId'] = nextClientOrderId(venue, userId, Number(fields['clientOrderId'] ?? 0));
  fields['expireSeconds'] = after(seconds, fields['expireSeconds']);
  const instrument = venue.instrument(Number(fields['instrumentId']));
  scale(fields, instrument, ['qtyLots', 'displayQtyLots', 'minQtyLots']);
  if (draft.edge !== undefined && instrument !== undefined) {
    const qtyLots = affordableLots(fields, venue, instrument) + draft.edge;
    if (qtyLots > 0) fields['qtyLots'] = qtyLots;
  }
  if (draft.partner === undefined) return;
  const free = venue.orders.filter(
    ({ user, instrument, partner }) =>
      user.userId === userId && instrument.terms.instrumentId === fields['instrumentId'] && partner === null,
  );
  const partner = chosen(free, draft.partner);
  if (partner !== undefined || draft.partner < 0) fields['ocoClientOrderId'] = numberOf(partner);
}

function resolveReplace(draft: Draft, fields: Fields, venue: Venue, seconds: number): void {
  const order = chosen(venue.orders, draft.order);
  if (order !== undefined) fields['userId'] = order.user.userId;
  const userId = Number(fields['userId']);
  fields['originalClientOrderId'] = numberOf(order);
  fields['clientOrderId'] = nextClientOrderId(venue, userId, Number(fields['clientOrderId'] ?? 0));
  const expires = order !== undefined && order.expireSeconds !== 0;
  fields['expireSeconds'] = expires ? after(seconds, fields['expireSeconds']) : 0;
  if (order === undefined) return;
  scale(fields, order.instrument, ['qtyLots', 'displayQtyLots']);
  if (order.priceTicks === 0) fields['priceTicks'] = 0;
  if (draft.relative === 'nothing') return;
  fields['priceTicks'] = order.priceTicks;
  fields['qtyLots'] = order.qtyLots + Number(fields['qtyLots']);
  if (order.stopPriceTicks !== 0) fields['stopPriceTicks'] = order.stopPriceTicks;
  if (draft.relative === 'keep terms') fields['displayQtyLots'] = order.displayQtyLots;
}

/** The amount of a payment: all that there is for it, and `beyond`. */
function resolveAmount(draft: Draft, fields: Fields, venue: Venue, beyond: number): void {
  const assetId = Number(fields['assetId']);
  const account = venue.account(Number(fields['accountId']));
  if (account === undefined || venue.asset(assetId) === undefined) return;
  const room =
    draft.type === 'Deposit'
      ? BigInt(Limits.AMOUNT_MINOR_MAX) - grossOf(venue, assetId)
      : availableOf(venue, account, assetId, venue.orders);
  if (room > 0n) fields['amountMinor'] = Math.min(Number(room) + beyond, Limits.AMOUNT_MINOR_MAX);
}

/** The largest quantity of an order that its account can pay for, or has the margin for; 0 none. */
function affordableLots(fields: Fields, venue: Venue, instrument: Instrument): number {
  const user = venue.user(Number(fields['userId']));
  const side = Number(fields['side']) as Side;
  const limitTicks = limitOf(
    instrument,
    side,
    Number(fields['orderType']),
    Number(fields['priceTicks']),
    Number(fields['stopPriceTicks']),
  );
  if (user === undefined || limitTicks === undefined || limitTicks < 1) return 0;
  const { account } = user;
  const { kind, quoteAssetId, maxQtyLots } = instrument.terms;
  const isAffordable = (leavesQtyLots: number): boolean => {
    const order: Exposure = { account, instrument, side, limitTicks, leavesQtyLots };
    if (kind === InstrumentKind.Spot) return coversHold(venue, order, venue.orders);
    const margin = marginOf(venue, account, quoteAssetId, [...venue.orders, order]);
    return margin <= totalOf(account, quoteAssetId) - heldOf(account, quoteAssetId, venue.orders);
  };
  let lots = 0;
  for (let step = 2 ** Math.floor(Math.log2(maxQtyLots)); step >= 1; step /= 2) {
    if (lots + step <= maxQtyLots && isAffordable(lots + step)) lots += step;
  }
  return lots;
}
