import { InstrumentKind, Side } from '#domain/commands.ts';
import { INT53_MAX } from '#lib/integer.ts';
import { shortfallOf } from './balances.ts';
import type { Ledger } from './ledger.ts';

/**
 * Recomputes every sum that the ledger keeps from the rows below it and names the first that is wrong, or returns null.
 * Walks all rows and allocates: for tests and offline verification. The naming is by row numbers.
 */
export function audit(ledger: Ledger): string | null {
  return auditHoldings(ledger) ?? auditBalances(ledger) ?? auditAssets(ledger);
}

function auditHoldings(ledger: Ledger): string | null {
  for (let row = 0; row < ledger.count; row++) {
    const instrument = ledger.instrumentRow(row);
    const isSpot = ledger.instruments.kind(instrument) === InstrumentKind.Spot;
    for (const name of [
      'openBuyLots',
      'openSellLots',
      'heldBuyMinor',
      'heldSellMinor',
      'openValueMinor',
      'marginMinor',
      'entryValueMinor',
    ] as const) {
      const amount = ledger[name](row);
      if (!(amount >= 0 && Number.isSafeInteger(amount))) return `holding ${row}: ${name} ${amount}`;
    }
    const soldBase = ledger.openSellLots(row) * ledger.instruments.lotBaseMinor(instrument);
    if (isSpot && ledger.heldSellMinor(row) !== soldBase) {
      return `holding ${row}: heldSellMinor ${ledger.heldSellMinor(row)}, open sells need ${soldBase}`;
    }
    const margin = isSpot
      ? 0
      : ledger.worstCaseLots(row, Side.Buy, 0) * ledger.instruments.initialMarginMinor(instrument);
    if (ledger.marginMinor(row) !== margin) {
      return `holding ${row}: marginMinor ${ledger.marginMinor(row)}, worst case needs ${margin}`;
    }
    if (ledger.positionLots(row) === 0 && ledger.entryValueMinor(row) !== 0) {
      return `holding ${row}: entry value ${ledger.entryValueMinor(row)} without a position`;
    }
  }
  return null;
}

function auditBalances(ledger: Ledger): string | null {
  const { balances } = ledger;
  const held = new Float64Array(balances.count);
  const margin = new Float64Array(balances.count);
  const openValue = new Float64Array(balances.count);
  for (let row = 0; row < ledger.count; row++) {
    held[ledger.quoteBalance(row)] += ledger.heldBuyMinor(row);
    if (ledger.baseBalance(row) !== -1) held[ledger.baseBalance(row)] += ledger.heldSellMinor(row);
    margin[ledger.quoteBalance(row)] += ledger.marginMinor(row);
    openValue[ledger.quoteBalance(row)] += ledger.openValueMinor(row);
  }
  for (let row = 0; row < balances.count; row++) {
    if (balances.heldMinor(row) !== held[row]) {
      return `balance ${row}: heldMinor ${balances.heldMinor(row)}, holdings add up to ${held[row]}`;
    }
    if (balances.marginMinor(row) !== margin[row]) {
      return `balance ${row}: marginMinor ${balances.marginMinor(row)}, holdings add up to ${margin[row]}`;
    }
    if (balances.openValueMinor(row) !== openValue[row]) {
      return `balance ${row}: openValueMinor ${balances.openValueMinor(row)}, holdings add up to ${openValue[row]}`;
    }
  }
  return null;
}

function auditAssets(ledger: Ledger): string | null {
  const { balances } = ledger;
  const total = new Float64Array(balances.assetCount);
  const shortfall = new Float64Array(balances.assetCount);
  for (let row = 0; row < balances.count; row++) {
    total[balances.assetRow(row)] += balances.totalMinor(row);
    shortfall[balances.assetRow(row)] += shortfallOf(balances.totalMinor(row) - balances.heldMinor(row));
  }
  for (let asset = 0; asset < balances.assetCount; asset++) {
    const net = balances.netDepositsMinor[asset];
    if (total[asset] !== net) return `asset ${asset}: totals add up to ${total[asset]}, net deposits ${net}`;
    if (balances.postedMinor[asset] !== net) {
      return `asset ${asset}: postings add up to ${balances.postedMinor[asset]}, net deposits ${net}`;
    }
    const kept = balances.shortfallMinor[asset];
    if (shortfall[asset] !== kept) {
      return `asset ${asset}: shortfalls add up to ${shortfall[asset]}, kept ${kept}`;
    }
    const gross = balances.grossMinor(asset);
    if (gross > INT53_MAX) return `asset ${asset}: gross ${gross}, limit ${INT53_MAX}`;
  }
  return null;
}
