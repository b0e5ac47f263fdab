import { scenario } from './scenario.ts';

/** What a venue is made of, and how much of it there can be. */
export const CONFIGURATION = [
  scenario(
    'capacity: the venue holds its maximum of live orders',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    bob 1 buy 1@100
      accepted bob1 buy 1@100 gtc
      rested bob1 1@100
    alice 2 buy 1@100
      rejected alice2 ORDER_CAPACITY
    alice replace 1 -> 3 2@100
      replaced alice1 by alice3 buy 2@100 gtc loses priority visible 1
      rested alice3 2@100
    alice cancel 3
      canceled alice3 2 visible 2@100 Requested
    alice 4 buy 1@100
      accepted alice4 buy 1@100 gtc
      rested alice4 1@100
    `,
    { engine: { ordersMax: 2 } },
  ),
  scenario(
    'configuration: ids and names once, unknown ones and contradictions refused, only by those who may',
    `
    raw {"type":"AddAsset","assetId":1,"symbol":"EUR"}
      rejected operator ALREADY_EXISTS
    raw {"type":"AddAsset","assetId":3,"symbol":"USD"}
      rejected operator ALREADY_EXISTS
    raw {"type":"AddAsset","assetId":0,"symbol":"EUR"}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddAsset","assetId":3,"symbol":""}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddAsset","assetId":3,"symbol":"EUR","decimals":19}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddAsset","userId":1,"assetId":3,"symbol":"EUR"}
      rejected alice NOT_ALLOWED
    raw {"type":"AddAsset","assetId":3,"symbol":"EUR","decimals":2}
      AssetAdded
      done
    raw {"type":"AddAccount","accountId":1}
      rejected operator ALREADY_EXISTS
    raw {"type":"AddAccount","accountId":0}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddAccount","accountId":2147483648}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddAccount","accountId":7}
      AccountAdded
      done
    raw {"type":"AddUser","newUserId":1,"accountId":1,"role":2,"name":"X"}
      rejected operator ALREADY_EXISTS
    raw {"type":"AddUser","newUserId":9,"accountId":1,"role":2,"name":"alice"}
      rejected operator ALREADY_EXISTS
    raw {"type":"AddUser","newUserId":9,"accountId":9,"role":2,"name":"X"}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"AddUser","newUserId":9,"accountId":0,"role":2,"name":"X"}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"AddUser","newUserId":9,"accountId":1,"role":2,"name":"A B"}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddUser","newUserId":9,"accountId":1,"name":"X"}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddUser","newUserId":9,"accountId":1,"role":8,"name":"X"}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddUser","newUserId":9,"accountId":1,"role":2,"mustChangePassword":2,"name":"X"}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddUser","newUserId":0,"accountId":1,"role":2,"name":"X"}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddUser","newUserId":9,"accountId":7,"role":2,"name":"X"}
      UserAdded
      done
    raw {"type":"SetAccountLimits","accountId":99}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"SetAccountLimits","accountId":1,"ordersMax":1,"orderQtyLotsMax":-1}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetCoreVersion","version":99}
      rejected operator UNSUPPORTED_CORE_VERSION
    raw {"type":"SetCoreVersion","version":3}
      rejected operator UNSUPPORTED_CORE_VERSION
    raw {"type":"SetCoreVersion","version":0}
      rejected operator UNSUPPORTED_CORE_VERSION
    raw {"type":"SetCoreVersion","version":4294967295}
      rejected operator UNSUPPORTED_CORE_VERSION
    raw {"type":"SetCoreVersion","userId":1,"version":2}
      rejected alice NOT_ALLOWED
    raw {"type":"SetCoreVersion","userId":99,"version":2}
      rejected ?99 UNKNOWN_USER
    raw {"type":"SetCoreVersion","version":1}
      CoreVersionSet
      done
    raw {"type":"SetCoreVersion","version":1}
      CoreVersionSet
      done
    raw {"type":"OpenSession","userId":1,"sessionId":1,"cancelOnDisconnect":2}
      rejected alice MALFORMED_COMMAND
    raw {"type":"OpenSession","userId":99,"sessionId":1,"cancelOnDisconnect":2}
      rejected ?99 MALFORMED_COMMAND
    raw {"type":"Attest","nodeId":1,"attestedSequence":5}
      Attested
    raw {"type":"Attest","userId":1,"nodeId":1,"attestedSequence":5}
      rejected alice NOT_ALLOWED
    raw {"type":"Tick","userId":1}
      rejected alice NOT_ALLOWED
    `,
  ),
  scenario(
    'configuration: what an instrument must have, and what it may have that counts for nothing',
    `
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":2,"phase":4,"baseAssetId":0,"quoteAssetId":1,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1,"collarPpm":2147483648}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":2,"phase":8,"baseAssetId":0,"quoteAssetId":1,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":2,"phase":4,"baseAssetId":0,"quoteAssetId":0,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":1,"phase":4,"baseAssetId":0,"quoteAssetId":1,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":2,"phase":4,"baseAssetId":2147483648,"quoteAssetId":1,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":2,"phase":4,"baseAssetId":0,"quoteAssetId":50,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1}
      rejected operator UNKNOWN_ASSET
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":2,"phase":4,"baseAssetId":50,"quoteAssetId":1,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1}
      rejected operator UNKNOWN_ASSET
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":2,"phase":4,"baseAssetId":0,"quoteAssetId":1,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1,"makerFeePpm":1000001}
      rejected operator INVALID_CONFIGURATION
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":2,"phase":4,"baseAssetId":0,"quoteAssetId":1,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1,"takerFeePpm":4294967295}
      rejected operator INVALID_CONFIGURATION
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":2,"phase":4,"baseAssetId":0,"quoteAssetId":1,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1,"referencePriceTicks":-1}
      rejected operator INVALID_CONFIGURATION
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":1,"phase":4,"baseAssetId":1,"quoteAssetId":1,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1,"lotBaseMinor":1}
      rejected operator INVALID_CONFIGURATION
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":1,"phase":4,"baseAssetId":2,"quoteAssetId":1,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1}
      rejected operator INVALID_CONFIGURATION
    raw {"type":"AddInstrument","instrumentId":9,"symbol":"NEW","kind":2,"phase":4,"baseAssetId":1,"quoteAssetId":1,"tickSize":1,"lotSize":1,"valueNumerator":1,"valueDenominator":1,"minQtyLots":1,"maxQtyLots":1,"lotBaseMinor":1}
      InstrumentAdded
      done
    `,
  ),
];
