import { CsvError, parseTable } from './csv.ts';
import { isIsin } from './identifiers.ts';

/** What an authority needs of an instrument and the log does not have. Empty: not given. */
export interface InstrumentReference {
  readonly isin: string;
  readonly mic: string;
  /** Of the price: field 29. */
  readonly currency: string;
  /** Of the price: field 31. */
  readonly notation: string;
  /** Fields 30, 34 and 35. */
  readonly leg2_currency: string;
  readonly quantity_notation: string;
  readonly quantity_currency: string;
}

export const NO_REFERENCE: InstrumentReference = {
  isin: '',
  mic: '',
  currency: '',
  notation: '',
  leg2_currency: '',
  quantity_notation: '',
  quantity_currency: '',
};

const REQUIRED = ['symbol', 'isin', 'mic', 'currency', 'notation'] as const;
const OPTIONAL = ['leg2_currency', 'quantity_notation', 'quantity_currency'] as const;
type Name = (typeof REQUIRED)[number] | (typeof OPTIONAL)[number];

const PRICE_NOTATIONS = ['MONE', 'PERC', 'YIEL', 'BAPO'];
const QUANTITY_NOTATIONS = ['UNIT', 'NOML', 'MONE'];
const isCurrency = (text: string): boolean => /^[A-Z]{3}$/.test(text);

/** What a cell must be where it is not empty. */
const RULES: { readonly [Key in Name]: readonly [isRight: (text: string) => boolean, what: string] } = {
  symbol: [(text) => /^[\x21-\x7e]{1,8}$/.test(text), 'the symbol of an instrument'],
  isin: [isIsin, 'an ISIN'],
  mic: [(text) => /^[A-Z0-9]{4}$/.test(text), 'a MIC'],
  currency: [isCurrency, 'a currency of ISO 4217'],
  notation: [(text) => PRICE_NOTATIONS.includes(text), `one of ${PRICE_NOTATIONS.join(', ')}`],
  leg2_currency: [isCurrency, 'a currency of ISO 4217'],
  quantity_notation: [(text) => QUANTITY_NOTATIONS.includes(text), `one of ${QUANTITY_NOTATIONS.join(', ')}`],
  quantity_currency: [isCurrency, 'a currency of ISO 4217'],
};

/** Reads `symbol,isin,mic,currency,notation`, and what else there may be. @throws CsvError */
export function parseInstruments(text: string): ReadonlyMap<string, InstrumentReference> {
  const references = new Map<string, InstrumentReference>();
  for (const { line, values } of parseTable<Name>(text, REQUIRED, OPTIONAL)) {
    const { symbol, ...reference } = values;
    if (symbol === '') throw new CsvError(line, 'symbol is empty');
    for (const [name, [isRight, what]] of Object.entries(RULES)) {
      const cell = values[name as Name];
      if (cell !== '' && !isRight(cell)) throw new CsvError(line, `${name} "${cell}" must be ${what}`);
    }
    if (references.has(symbol)) throw new CsvError(line, `symbol ${symbol} is there already`);
    references.set(symbol, reference);
  }
  return references;
}
