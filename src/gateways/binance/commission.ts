import { PPM, scaledText } from '#codec/json/scales.ts';
import type { InstrumentTerms } from '#domain/market-views.ts';

const NONE = scaledText(0, PPM);

/** What `account/commission` says of a pair. */
export function commissionJson(terms: InstrumentTerms): object {
  const nothing = { maker: NONE, taker: NONE, buyer: NONE, seller: NONE };
  return {
    symbol: terms.symbol,
    standardCommission: { ...standardRates(terms), buyer: NONE, seller: NONE },
    specialCommission: nothing,
    taxCommission: nothing,
    discount: discount(),
  };
}

/** What `order/test` says with `computeCommissionRates`. */
export function commissionForOrderJson(terms: InstrumentTerms): object {
  const nothing = { maker: NONE, taker: NONE };
  return {
    standardCommissionForOrder: standardRates(terms),
    specialCommissionForOrder: nothing,
    taxCommissionForOrder: nothing,
    discount: discount(),
  };
}

function standardRates({ makerFeePpm, takerFeePpm }: InstrumentTerms) {
  return { maker: scaledText(makerFeePpm, PPM), taker: scaledText(takerFeePpm, PPM) };
}

/** There is none. */
function discount(): object {
  return { enabledForAccount: false, enabledForSymbol: false, discountAsset: '', discount: NONE };
}
