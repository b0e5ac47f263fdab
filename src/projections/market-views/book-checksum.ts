import { crc32 } from 'node:zlib';
import type { BookLevel, InstrumentTerms } from '#domain/market-views.ts';
import { decimalText } from '#lib/decimal-text.ts';

/** Levels of each side that the checksum covers. */
export const CHECKSUM_LEVELS = 25;

/** The fields of an instrument that its prices and quantities are written with. */
export type TextTerms = Pick<InstrumentTerms, 'priceDecimals' | 'qtyDecimals' | 'tickSize' | 'lotSize'>;

/** The text that the checksum is taken of: docs/market-views.md, section "Checksum". */
export function checksumText(
  terms: TextTerms,
  bids: readonly BookLevel[],
  asks: readonly BookLevel[],
): string {
  return `${sideText(terms, bids)}|${sideText(terms, asks)}`;
}

/** CRC-32 (IEEE 802.3, as zlib's) of `checksumText`, 0 to 2^32 - 1. */
export function bookChecksum(
  terms: TextTerms,
  bids: readonly BookLevel[],
  asks: readonly BookLevel[],
): number {
  return crc32(checksumText(terms, bids, asks));
}

function sideText(terms: TextTerms, levels: readonly BookLevel[]): string {
  return levels
    .slice(0, CHECKSUM_LEVELS)
    .map(({ priceTicks, qtyLots }) => {
      const price = decimalText(priceTicks, terms.tickSize, terms.priceDecimals);
      return `${price}:${decimalText(qtyLots, terms.lotSize, terms.qtyDecimals)}`;
    })
    .join(',');
}
