import { countOf, type Decimal, parseDecimal, scaled } from '#codec/json/decimal.ts';
import { Limits } from '#domain/limits.ts';
import { decimalText, stepText } from '#lib/decimal-text.ts';
import type { OuchInstrumentInfo } from '../ouch-client.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';

/** Decimal numbers of people to fields of OUCH and back, for one instrument. */
export class OrderUnits {
  declare readonly symbol: string;
  declare private readonly info: OuchInstrumentInfo;

  constructor(info: OuchInstrumentInfo) {
    this.symbol = info.symbol;
    this.info = info;
  }

  /** A price field from a decimal price. @throws CliError when it is not a multiple of the tick */
  price(text: string): number {
    const { wirePriceDecimals, tickSize } = this.info;
    const decimal = decimalOf(text, 'price');
    const priceMax = Limits.PRICE_TICKS_MAX * tickSize;
    if (isAbove(decimal, priceMax, wirePriceDecimals)) {
      throw usage(`price ${text}: too large; the largest of ${this.symbol} is ${this.priceText(priceMax)}`);
    }
    const price = scaled(decimal, wirePriceDecimals);
    if (price !== undefined && price % tickSize === 0) return price;
    throw usage(`price ${text}: ${this.symbol} trades in steps of ${this.priceText(tickSize)}`);
  }

  /** Lots from a decimal quantity. @throws CliError when they are not whole */
  lots(text: string): number {
    const { lotSize, quantityDecimals, maxQuantity } = this.info;
    const lot = stepText(lotSize, lotSize, quantityDecimals);
    const decimal = decimalOf(text, 'quantity');
    if (isAbove(decimal, maxQuantity * lotSize, quantityDecimals)) {
      throw usage(
        `quantity ${text}: too large; the largest order of ${this.symbol} is ${this.quantityText(maxQuantity)}`,
      );
    }
    const lots = countOf(decimal, parseDecimal(lot) as Decimal);
    if (lots !== undefined) return lots;
    throw usage(`quantity ${text}: ${this.symbol} trades in steps of ${lot}`);
  }

  priceText(price: number): string {
    const { tickSize, wirePriceDecimals } = this.info;
    return stepText(price, tickSize, wirePriceDecimals);
  }

  quantityText(lots: number): string {
    const { lotSize, quantityDecimals } = this.info;
    return stepText(lots * lotSize, lotSize, quantityDecimals);
  }

  /** A fee in the quote asset, with all its decimals, as over REST. */
  feeText(feeMinor: number): string {
    return decimalText(feeMinor, 1, this.info.quoteDecimals);
  }

  get feeAsset(): string {
    return this.info.quoteAsset;
  }
}

/** @throws CliError when it is no number above zero */
function decimalOf(text: string, what: string): Decimal {
  const number = parseDecimal(text);
  if (number === undefined) throw usage(`${what} ${text}: must be a decimal number such as 0.5`);
  if (number.units === 0n) throw usage(`${what} ${text}: must be above zero`);
  return number;
}

/** Whether a number is above `units` of 10^-`decimals`. */
function isAbove(number: Decimal, units: number, decimals: number): boolean {
  return number.units * 10n ** BigInt(decimals) > BigInt(units) * 10n ** BigInt(number.decimals);
}

function usage(message: string): CliError {
  return new CliError(ExitCode.Usage, message);
}
