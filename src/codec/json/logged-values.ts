import { type Enumeration, enumerationOf, isCredential } from '#codec/log/describe.ts';
import type { Command, Event } from '#codec/log/record-types.ts';
import { OrderFlag } from '#domain/commands.ts';
import { TradeFlag } from '#domain/events.ts';
import type { InstrumentTerms } from '#domain/market-views.ts';
import { kebab } from './names.ts';
import { type Scale, scaledText, type TermsLookup } from './scales.ts';
import { secondText } from './schemas.ts';

/** A value of a record as REST shows it. */
export type LoggedValue = string | number | boolean;
export type LoggedValues = Record<string, LoggedValue>;

/** Fields that every record has, and those that stand beside the values. */
const HEADER: ReadonlySet<string> = new Set([
  ...['type', 'flags', 'sizeWords', 'userId', 'sequence', 'timeSeconds', 'timeNanos', 'reportNumber'],
  ...['tradingCapacity', 'regulatoryFlags', 'clientCode', 'investmentDecisionCode', 'executionDecisionCode'],
  'nonExecutingBrokerCode',
]);
/** Fields that say yes or no. */
const YES_OR_NO: ReadonlySet<string> = new Set([
  ...['cancelOnDisconnect', 'engaged', 'cancelOrders', 'keepsPriority', 'enabled', 'mustChangePassword'],
  'readOnly',
]);
/** Where 0 is a value, not "none". */
const ZERO_COUNTS: ReadonlySet<string> = new Set([
  ...['qtyLots', 'totalQtyLots', 'cumQtyLots', 'leavesQtyLots', 'makerLeavesQtyLots', 'takerLeavesQtyLots'],
  ...['canceledQtyLots', 'makerVisibleQtyLots', 'positionLots', 'amountMinor', 'balanceMinor', 'heldMinor'],
  ...['marginMinor', 'canceledOrders', 'decimals', 'regulatoryFields'],
]);
/** Enumerations whose names stand in JSON as the domain has them. */
const AS_NAMED: ReadonlySet<string> = new Set(['rejectCode', 'commandType']);
/** Names that REST has for fields, where they are not a rule's. */
const NAMES: Readonly<Record<string, string>> = {
  clientTag: 'clientOrderId',
  orderType: 'type',
  commandType: 'command',
  'OrderCanceled.reason': 'cancelReason',
};

/**
 * The fields of a command or an event as REST shows values: symbols, decimal strings, names, times. What does not apply is left
 * out, and credentials always. A field in units of an instrument or an asset that is not known here stays as it is in the record.
 */
export function loggedValues(lookup: TermsLookup, record: Command | Event): LoggedValues {
  const fields: Readonly<Record<string, unknown>> = record;
  const values: LoggedValues = {};
  const scales = new RecordScales(lookup, fields);
  for (const [name, value] of Object.entries(fields)) {
    if (HEADER.has(name) || isCredential(name)) continue;
    if (typeof value === 'number') writeNumber(values, scales, record.type, name, value);
    else if (value instanceof Uint8Array) values[name] = value.toHex();
    else if (value !== '') values[NAMES[name] ?? name] = value as string;
  }
  return values;
}

function writeNumber(
  values: LoggedValues,
  scales: RecordScales,
  recordName: string,
  name: string,
  value: number,
): void {
  if (YES_OR_NO.has(name)) values[name] = value !== 0;
  else if ((value === 0 && !ZERO_COUNTS.has(name)) || name.endsWith('Nanos')) return;
  else if (name === 'orderFlags') values['postOnly'] = (value & OrderFlag.PostOnly) !== 0;
  else if (name === 'tradeFlags') values['isAuction'] = (value & TradeFlag.Auction) !== 0;
  else {
    const enumeration = enumerationOf(recordName, name);
    const [key, shown] =
      enumeration === undefined ? scales.write(name, value) : [name, nameIn(enumeration, name, value)];
    values[NAMES[`${recordName}.${key}`] ?? NAMES[key] ?? key] = shown;
  }
}

/** A number without a name stays a number. */
function nameIn(enumeration: Enumeration, fieldName: string, value: number): LoggedValue {
  const found = Object.keys(enumeration).find((name) => enumeration[name] === value);
  if (found === undefined) return value;
  return AS_NAMED.has(fieldName) ? found : kebab(found);
}

/** What an instrument's prices and quantities are in. */
type Units = Pick<InstrumentTerms, 'tickSize' | 'priceDecimals' | 'lotSize' | 'qtyDecimals'>;

/** What the numbers of one record are in. */
class RecordScales {
  declare private readonly lookup: TermsLookup;
  declare private readonly fields: Readonly<Record<string, unknown>>;
  /** The record describes an asset or an instrument itself. */
  declare private readonly isDefinition: boolean;

  constructor(lookup: TermsLookup, fields: Readonly<Record<string, unknown>>) {
    this.lookup = lookup;
    this.fields = fields;
    this.isDefinition = 'symbol' in fields;
  }

  /** A field's name and value. */
  write(name: string, value: number): readonly [string, LoggedValue] {
    if (name === 'instrumentId') return this.#symbol(name, 'symbol', this.#terms(value)?.symbol, value);
    if (/^(base|quote)?asset(Id)?$/i.test(name))
      return this.#symbol(name, name.replace('Id', ''), this.lookup.asset(value)?.symbol, value);
    if (name.endsWith('ClientOrderId') || name === 'clientOrderId')
      return [name.replace('OrderId', 'OrderNumber'), value];
    if (/^stateHash(High|Low)$/.test(name)) return [name, (value >>> 0).toString(16).padStart(8, '0')];
    const unit = /^(.*?)(PriceTicks|priceTicks|QtyLots|qtyLots|Lots|Minor|Ppm|Seconds)$/.exec(name);
    return unit === null ? this.#plain(name, value) : this.#scaled(name, unit[1], unit[2], value);
  }

  #plain(name: string, value: number): readonly [string, LoggedValue] {
    if (!this.isDefinition) return [name, value];
    const { priceDecimals, qtyDecimals } = this.fields;
    if (name === 'tickSize') return [name, scaledText(value, { unit: 1, decimals: priceDecimals as number })];
    if (name === 'lotSize') return [name, scaledText(value, { unit: 1, decimals: qtyDecimals as number })];
    return [name, value];
  }

  #scaled(name: string, before: string, unit: string, value: number): readonly [string, LoggedValue] {
    switch (unit) {
      case 'PriceTicks':
      case 'priceTicks':
        return this.#decimal(name, before === '' ? 'price' : `${before}Price`, this.#price(), value);
      case 'QtyLots':
      case 'qtyLots':
        return this.#decimal(name, before === '' ? 'quantity' : `${before}Quantity`, this.#quantity(), value);
      case 'Lots':
        return this.#decimal(name, before, this.#quantity(), value);
      case 'Minor':
        return this.#decimal(name, before, this.#money(), value);
      case 'Ppm':
        return [before, scaledText(value, { unit: 1, decimals: 6 })];
      default:
        return name === 'volatilityAuctionSeconds' ? [name, value] : [`${before}Time`, secondText(value)];
    }
  }

  #symbol(
    name: string,
    shownAs: string,
    symbol: string | undefined,
    id: number,
  ): readonly [string, LoggedValue] {
    const isOwn = this.isDefinition && (name === 'instrumentId' || name === 'assetId');
    return symbol === undefined || isOwn ? [name, id] : [shownAs, symbol];
  }

  #decimal(
    name: string,
    shownAs: string,
    scale: Scale | undefined,
    value: number,
  ): readonly [string, LoggedValue] {
    return scale === undefined ? [name, value] : [shownAs, scaledText(value, scale)];
  }

  #terms(instrumentId: unknown) {
    return this.lookup.instrument(instrumentId as number)?.terms;
  }

  /** The instrument's terms, or those that the record itself has. */
  #units(): Units | undefined {
    if (this.isDefinition) return this.fields as unknown as Units;
    return this.#terms(this.fields['instrumentId']);
  }

  #price(): Scale | undefined {
    const units = this.#units();
    return units && { unit: units.tickSize, decimals: units.priceDecimals };
  }

  #quantity(): Scale | undefined {
    const units = this.#units();
    return units && { unit: units.lotSize, decimals: units.qtyDecimals };
  }

  #money(): Scale | undefined {
    const { assetId, quoteAssetId, instrumentId } = this.fields;
    const id = assetId ?? quoteAssetId ?? this.#terms(instrumentId)?.quoteAssetId;
    const asset = this.lookup.asset(id as number);
    return asset && { unit: 1, decimals: asset.decimals };
  }
}
