import { type Decimal, decimalOf } from '../../lib/decimal.ts';
import { stepsOf } from '../../lib/value.ts';
import type { InstrumentTerms } from '../../state/market/catalog.ts';

/** What an account has in a margined instrument. */
export interface Stake {
  /** Positive long, negative short. */
  readonly position: string;
  /** Its open orders there, waiting stops included. */
  readonly open: readonly { readonly side: 'buy' | 'sell'; readonly leavesQuantity: string }[];
}

/**
 * The margin that an order would take beside what is taken already, as docs/matching.md says (Margined): of the worst case of the
 * position with all buys or all sells. Zero where it makes that no larger.
 */
export function addedMargin(
  { lotSize, initialMargin = '0' }: Pick<InstrumentTerms, 'lotSize' | 'initialMargin'>,
  { position, open }: Stake,
  side: 'buy' | 'sell',
  quantity: Decimal,
): Decimal {
  const lotsOf = (text: string): bigint => stepsOf(decimalOf(text), lotSize);
  const held = lotsOf(position);
  let [buys, sells] = [0n, 0n];
  for (const order of open) {
    if (order.side === 'buy') buys += lotsOf(order.leavesQuantity);
    else sells += lotsOf(order.leavesQuantity);
  }
  const before = worst(held, buys, sells);
  const lots = stepsOf(quantity, lotSize);
  const after = side === 'buy' ? worst(held, buys + lots, sells) : worst(held, buys, sells + lots);
  const each = decimalOf(initialMargin);
  return { ...each, units: after > before ? (after - before) * each.units : 0n };
}

function worst(held: bigint, buys: bigint, sells: bigint): bigint {
  const [long, short] = [magnitude(held + buys), magnitude(held - sells)];
  const isLong = long > short;
  return isLong ? long : short;
}

function magnitude(lots: bigint): bigint {
  return lots < 0n ? -lots : lots;
}
