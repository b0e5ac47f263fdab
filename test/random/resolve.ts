import type { CommandInput } from '#codec/log/record-types.ts';
import type { Instrument, Order, Venue } from '../oracle/venue.ts';
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
      if (order !== undefined) scale(fields, order.instrument, ['totalQtyLots']);
      break;
    }
    case 'ReplaceOrder':
      resolveReplace(draft, fields, venue, seconds);
      break;
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
