import type { FillView } from '../state/account/account-store.ts';
import {
  type Decimal,
  decimalOf,
  difference,
  negated,
  product,
  quotient,
  signOf,
  sum,
  ZERO,
} from './decimal.ts';

/** What trading in one instrument has brought, by average cost, since before the first fill that is counted. */
export interface Profit {
  /** Positive bought, negative sold, on balance. */
  readonly quantity: Decimal;
  /** Money at which it was opened; never negative. */
  readonly cost: Decimal;
  /** Fees are not in it. */
  readonly realised: Decimal;
  readonly fees: Decimal;
}

export const NO_PROFIT: Profit = { quantity: ZERO, cost: ZERO, realised: ZERO, fees: ZERO };

/** The profit after one more fill. */
export function profitAfter(
  before: Profit,
  fill: Pick<FillView, 'side' | 'quantity' | 'amount' | 'fee'>,
): Profit {
  const size = decimalOf(fill.quantity);
  const amount = decimalOf(fill.amount);
  const traded = fill.side === 'buy' ? size : negated(size);
  const fees = sum(before.fees, decimalOf(fill.fee));
  const held = signOf(before.quantity);
  if (held === 0 || held === signOf(traded))
    return { ...before, fees, quantity: sum(before.quantity, traded), cost: sum(before.cost, amount) };
  // It closes what is held, or a part of it, and may open the other way with the rest.
  const open = absolute(before.quantity);
  const isTurning = signOf(difference(size, open)) > 0;
  const closing = isTurning ? open : size;
  const closedCost = isTurning ? before.cost : part(before.cost, closing, open);
  const closedAmount = part(amount, closing, size);
  const gain = held > 0 ? difference(closedAmount, closedCost) : difference(closedCost, closedAmount);
  return {
    quantity: sum(before.quantity, traded),
    cost: isTurning ? difference(amount, closedAmount) : difference(before.cost, closedCost),
    realised: sum(before.realised, gain),
    fees,
  };
}

/** What closing it at a value would bring beside what is realised. @param value of the quantity held, without sign */
export function unrealisedOf({ quantity, cost }: Profit, value: Decimal): Decimal {
  const gain = difference(value, cost);
  return signOf(quantity) < 0 ? negated(gain) : gain;
}

/** Realised and unrealised, less fees. */
export function totalOf(profit: Profit, value: Decimal): Decimal {
  return difference(sum(profit.realised, unrealisedOf(profit, value)), profit.fees);
}

export function absolute(value: Decimal): Decimal {
  return signOf(value) < 0 ? negated(value) : value;
}

function part(whole: Decimal, numerator: Decimal, denominator: Decimal): Decimal {
  return quotient(product(whole, numerator), denominator, whole.decimals);
}
