import { scenario } from './scenario.ts';

/** One refusal after the other for the terms of an order, in the order of the table. */
export const TERMS = [
  scenario(
    'terms: side, type, time in force, flags',
    `
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":1,"side":0}
      rejected alice1 INVALID_SIDE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":2,"side":3}
      rejected alice2 INVALID_SIDE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":3,"side":1,"orderType":0}
      rejected alice3 INVALID_ORDER_TYPE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":4,"side":1,"orderType":5}
      rejected alice4 INVALID_ORDER_TYPE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":5,"side":1,"orderType":1,"timeInForce":0}
      rejected alice5 INVALID_TIME_IN_FORCE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":6,"side":1,"orderType":1,"timeInForce":6}
      rejected alice6 INVALID_TIME_IN_FORCE
    alice 7 buy 1 gtc
      rejected alice7 INVALID_TIME_IN_FORCE
    alice 8 buy 1 day
      rejected alice8 INVALID_TIME_IN_FORCE
    alice 9 buy 1 stop 105 ioc
      rejected alice9 INVALID_TIME_IN_FORCE
    alice 10 buy 1@110 stop 105 fok
      rejected alice10 INVALID_TIME_IN_FORCE
    alice 11 buy 1@100 post-only ioc
      rejected alice11 INVALID_FLAGS
    alice 12 buy 1@100 post-only fok
      rejected alice12 INVALID_FLAGS
    alice 13 buy 1 ioc post-only
      rejected alice13 INVALID_FLAGS
    alice 14 buy 1@100 stop 105 post-only
      rejected alice14 INVALID_FLAGS
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":15,"side":1,"orderType":1,"timeInForce":2,"orderFlags":2}
      rejected alice15 INVALID_FLAGS
    `,
  ),
  scenario(
    'terms: prices',
    `
    alice 1 buy 1@-1
      rejected alice1 INVALID_PRICE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":2,"side":1,"orderType":1,"timeInForce":2,"qtyLots":1}
      rejected alice2 INVALID_PRICE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":3,"side":1,"orderType":2,"timeInForce":3,"qtyLots":1,"priceTicks":5}
      rejected alice3 INVALID_PRICE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":4,"side":1,"orderType":3,"timeInForce":2,"qtyLots":1,"priceTicks":5,"stopPriceTicks":5}
      rejected alice4 INVALID_PRICE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":5,"side":1,"orderType":4,"timeInForce":2,"qtyLots":1,"stopPriceTicks":5}
      rejected alice5 INVALID_PRICE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":6,"side":1,"orderType":1,"timeInForce":2,"qtyLots":1,"priceTicks":5,"stopPriceTicks":5}
      rejected alice6 INVALID_STOP_PRICE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":7,"side":1,"orderType":3,"timeInForce":2,"qtyLots":1}
      rejected alice7 INVALID_STOP_PRICE
    alice 8 buy 1 stop -1
      rejected alice8 INVALID_STOP_PRICE
    `,
  ),
  scenario(
    'terms: quantities',
    `
    alice 1 buy 0@100
      rejected alice1 INVALID_QUANTITY
    alice 2 buy -1@100
      rejected alice2 INVALID_QUANTITY
    alice 3 buy 9@100
      rejected alice3 INVALID_QUANTITY
    alice 4 buy 1001@100
      rejected alice4 INVALID_QUANTITY
    alice 5 buy 1000@100 show 1001
      rejected alice5 INVALID_DISPLAY_QUANTITY
    alice 6 buy 1000@100 show -1
      rejected alice6 INVALID_DISPLAY_QUANTITY
    alice 7 buy 10@100 show 5 ioc
      rejected alice7 INVALID_DISPLAY_QUANTITY
    alice 8 buy 10 show 5
      rejected alice8 INVALID_DISPLAY_QUANTITY
    alice 9 buy 10 stop 110 show 5
      rejected alice9 INVALID_DISPLAY_QUANTITY
    alice 10 buy 10@100 min 11
      rejected alice10 INVALID_MINIMUM_QUANTITY
    alice 11 buy 10@100 min -1
      rejected alice11 INVALID_MINIMUM_QUANTITY
    alice 12 buy 10@100 stop 100 min 5
      rejected alice12 INVALID_MINIMUM_QUANTITY
    alice 13 buy 10@100 post-only min 5
      rejected alice13 INVALID_MINIMUM_QUANTITY
    alice 14 buy 10@100 show 10
      accepted alice14 buy 10@100 gtc
      rested alice14 10@100
    `,
    { coin: { minQtyLots: 10, maxQtyLots: 1000 } },
  ),
  scenario(
    'terms: expiry and self-trade mode',
    `
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":1,"side":1,"orderType":1,"timeInForce":5,"qtyLots":1,"priceTicks":5}
      rejected alice1 INVALID_EXPIRY
    alice 2 buy 1@100 gtd 100
      rejected alice2 INVALID_EXPIRY
    alice 3 buy 1@100 gtd 101
      accepted alice3 buy 1@100 gtd until 101
      rested alice3 1@100
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":4,"side":1,"orderType":1,"timeInForce":2,"qtyLots":1,"priceTicks":5,"expireSeconds":200}
      rejected alice4 INVALID_EXPIRY
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":5,"side":1,"orderType":1,"timeInForce":2,"qtyLots":1,"priceTicks":5,"selfTradePrevention":5}
      rejected alice5 INVALID_SELF_TRADE_PREVENTION
    `,
  ),
  scenario(
    'terms: every check is asked in the order of the table',
    `
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":1,"ocoClientOrderId":9,"side":9,"orderType":9,"timeInForce":2}
      rejected alice1 OCO_PARTNER_UNUSABLE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":2,"side":9,"orderType":9}
      rejected alice2 INVALID_SIDE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":3,"side":1,"orderType":9,"timeInForce":9}
      rejected alice3 INVALID_ORDER_TYPE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":4,"side":1,"orderType":1,"timeInForce":9,"orderFlags":9}
      rejected alice4 INVALID_TIME_IN_FORCE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":5,"side":1,"orderType":1,"timeInForce":2,"orderFlags":9,"stopPriceTicks":1}
      rejected alice5 INVALID_FLAGS
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":6,"side":1,"orderType":1,"timeInForce":2,"stopPriceTicks":1}
      rejected alice6 INVALID_PRICE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":7,"side":1,"orderType":1,"timeInForce":2,"stopPriceTicks":1,"priceTicks":1,"displayQtyLots":5}
      rejected alice7 INVALID_STOP_PRICE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":8,"side":1,"orderType":1,"timeInForce":2,"priceTicks":1,"displayQtyLots":5}
      rejected alice8 INVALID_QUANTITY
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":9,"side":1,"orderType":1,"timeInForce":2,"priceTicks":1,"qtyLots":1,"displayQtyLots":5,"minQtyLots":5}
      rejected alice9 INVALID_DISPLAY_QUANTITY
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":10,"side":1,"orderType":1,"timeInForce":2,"priceTicks":1,"qtyLots":1,"minQtyLots":5,"expireSeconds":5}
      rejected alice10 INVALID_MINIMUM_QUANTITY
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":11,"side":1,"orderType":1,"timeInForce":2,"priceTicks":2147483647,"qtyLots":1000000,"expireSeconds":5,"selfTradePrevention":9}
      rejected alice11 INVALID_EXPIRY
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":12,"side":1,"orderType":1,"timeInForce":2,"priceTicks":2147483647,"qtyLots":5000000,"selfTradePrevention":9}
      rejected alice12 VALUE_TOO_LARGE
    kill venue
      killed Venue
      done
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":13,"side":1,"orderType":2,"timeInForce":3,"qtyLots":1,"selfTradePrevention":9}
      rejected alice13 INVALID_SELF_TRADE_PREVENTION
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":14,"side":1,"orderType":2,"timeInForce":3,"qtyLots":1}
      rejected alice14 NO_REFERENCE_PRICE
    phase Halted
      phase Continuous -> Halted
      done
    alice 15 buy 1@100
      rejected alice15 KILL_SWITCH_VENUE
    revive venue
      revived Venue
      done
    limits alice orderQtyLotsMax 1
      AccountLimitsSet
      done
    alice 16 buy 2@100
      rejected alice16 PHASE
    `,
    { coin: { maxQtyLots: 10_000_000, marketProtectionPpm: 10_000 } },
  ),
  scenario(
    'terms: what is said for the authority has to be known, and changes nothing',
    `
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":1,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":5,"tradingCapacity":4}
      rejected alice1 INVALID_REGULATORY_FIELDS
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":2,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":5,"regulatoryFlags":16}
      rejected alice2 INVALID_REGULATORY_FIELDS
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":3,"side":1,"orderType":2,"timeInForce":3,"qtyLots":1,"tradingCapacity":9}
      rejected alice3 NO_REFERENCE_PRICE
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":4,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":5,"displayQtyLots":2,"regulatoryFlags":255}
      rejected alice4 INVALID_REGULATORY_FIELDS
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":5,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":5,"tradingCapacity":3,"regulatoryFlags":15}
      accepted alice5 buy 5@100 gtc
      rested alice5 5@100
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":6,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":5,"tradingCapacity":1,"clientCode":4294967295,"investmentDecisionCode":4,"executionDecisionCode":3,"nonExecutingBrokerCode":9}
      accepted alice6 buy 5@100 gtc
      rested alice6 5@100
    raw {"type":"ReplaceOrder","userId":1,"clientOrderId":7,"originalClientOrderId":6,"priceTicks":100,"qtyLots":4,"tradingCapacity":4}
      rejected alice7 INVALID_REGULATORY_FIELDS
    raw {"type":"ReplaceOrder","userId":1,"clientOrderId":8,"originalClientOrderId":6,"priceTicks":100,"qtyLots":4,"clientCode":7,"regulatoryFlags":32}
      rejected alice8 INVALID_REGULATORY_FIELDS
    raw {"type":"ReplaceOrder","userId":1,"clientOrderId":9,"originalClientOrderId":6,"priceTicks":100,"qtyLots":4,"clientCode":7,"tradingCapacity":2,"regulatoryFlags":8}
      replaced alice6 by alice9 buy 4@100 gtc keeps priority visible 1
    `,
    { coin: { marketProtectionPpm: 10_000 } },
  ),
  scenario(
    'terms: an instrument can ask for what the authority wants to know, of new orders and of replaces that say any of it',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    alice 2 buy 1@50 stop 150
      accepted alice2 buy 1@50 stop 150 gtc
    raw {"type":"SetOrderRules","userId":13,"instrumentId":1,"regulatoryFields":1,"reason":"of the authority"}
      OrderRulesSet
      done for olga
    alice 3 buy 1@100
      rejected alice3 REGULATORY_FIELDS_MISSING
    alice 4 buy 1@100 on perp
      accepted alice4 buy 1@100 gtc
      rested alice4 1@100
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":5,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":1,"tradingCapacity":1}
      rejected alice5 REGULATORY_FIELDS_MISSING
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":6,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":1,"tradingCapacity":1,"investmentDecisionCode":4}
      rejected alice6 REGULATORY_FIELDS_MISSING
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":7,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":1,"tradingCapacity":1,"executionDecisionCode":3,"clientCode":9}
      rejected alice7 REGULATORY_FIELDS_MISSING
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":8,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":1,"tradingCapacity":1,"executionDecisionCode":3,"investmentDecisionCode":4294967295}
      accepted alice8 buy 1@100 gtc
      rested alice8 1@100
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":9,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":1,"tradingCapacity":2,"executionDecisionCode":3,"investmentDecisionCode":4}
      rejected alice9 REGULATORY_FIELDS_MISSING
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":10,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":1,"tradingCapacity":2,"executionDecisionCode":3,"clientCode":1}
      accepted alice10 buy 1@100 gtc
      rested alice10 1@100
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":11,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":1,"tradingCapacity":3,"executionDecisionCode":3,"nonExecutingBrokerCode":9}
      rejected alice11 REGULATORY_FIELDS_MISSING
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":12,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":1,"tradingCapacity":3,"executionDecisionCode":4294967295,"clientCode":2}
      accepted alice12 buy 1@100 gtc
      rested alice12 1@100
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":13,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":1,"regulatoryFlags":15,"executionDecisionCode":3,"clientCode":1,"investmentDecisionCode":4}
      rejected alice13 REGULATORY_FIELDS_MISSING
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":14,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":1,"tradingCapacity":4,"clientCode":1}
      rejected alice14 INVALID_REGULATORY_FIELDS
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":15,"side":1,"orderType":1,"timeInForce":2,"priceTicks":100,"qtyLots":1,"displayQtyLots":1,"selfTradePrevention":1}
      rejected alice15 REGULATORY_FIELDS_MISSING
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":16,"side":1,"orderType":2,"timeInForce":3,"qtyLots":1}
      rejected alice16 NO_REFERENCE_PRICE
    raw {"type":"ReplaceOrder","userId":1,"clientOrderId":17,"originalClientOrderId":1,"priceTicks":100,"qtyLots":1}
      replaced alice1 by alice17 buy 1@100 gtc keeps priority
    raw {"type":"ReplaceOrder","userId":1,"clientOrderId":18,"originalClientOrderId":17,"priceTicks":100,"qtyLots":1,"nonExecutingBrokerCode":9}
      rejected alice18 REGULATORY_FIELDS_MISSING
    raw {"type":"ReplaceOrder","userId":1,"clientOrderId":19,"originalClientOrderId":17,"priceTicks":100,"qtyLots":1,"tradingCapacity":2,"executionDecisionCode":4,"investmentDecisionCode":4}
      rejected alice19 REGULATORY_FIELDS_MISSING
    raw {"type":"ReplaceOrder","userId":1,"clientOrderId":20,"originalClientOrderId":17,"priceTicks":100,"qtyLots":1,"tradingCapacity":2,"executionDecisionCode":4,"regulatoryFlags":16}
      rejected alice20 INVALID_REGULATORY_FIELDS
    raw {"type":"ReplaceOrder","userId":1,"clientOrderId":21,"originalClientOrderId":17,"priceTicks":100,"qtyLots":1,"tradingCapacity":2,"executionDecisionCode":4,"clientCode":70000}
      replaced alice17 by alice21 buy 1@100 gtc keeps priority
    raw {"type":"ReplaceOrder","userId":1,"clientOrderId":22,"originalClientOrderId":21,"priceTicks":100,"qtyLots":1}
      replaced alice21 by alice22 buy 1@100 gtc keeps priority
    kill instrument coin
      killed Instrument 1
      done
    alice 23 buy 1@100
      rejected alice23 REGULATORY_FIELDS_MISSING
    raw {"type":"ReplaceOrder","userId":1,"clientOrderId":24,"originalClientOrderId":22,"priceTicks":100,"qtyLots":1,"clientCode":9}
      rejected alice24 REGULATORY_FIELDS_MISSING
    raw {"type":"ReplaceOrder","userId":1,"clientOrderId":25,"originalClientOrderId":22,"priceTicks":100,"qtyLots":1}
      rejected alice25 KILL_SWITCH_INSTRUMENT
    revive instrument coin
      revived Instrument 1
      done
    alice 26 buy 1@100
      rejected alice26 REGULATORY_FIELDS_MISSING
    raw {"type":"SetOrderRules","userId":15,"instrumentId":1}
      OrderRulesSet
      done for adam
    alice 27 buy 1@100
      accepted alice27 buy 1@100 gtc
      rested alice27 1@100
    `,
    { coin: { marketProtectionPpm: 10_000 } },
  ),
  scenario(
    'terms: what orders have to say is set by those who may, refusals change nothing',
    `
    raw {"type":"SetOrderRules","instrumentId":9,"regulatoryFields":2}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetOrderRules","instrumentId":1,"regulatoryFields":255}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetOrderRules","instrumentId":9,"regulatoryFields":1}
      rejected operator UNKNOWN_INSTRUMENT
    raw {"type":"SetOrderRules","userId":1,"instrumentId":1,"regulatoryFields":1}
      rejected alice NOT_ALLOWED
    raw {"type":"SetOrderRules","userId":12,"instrumentId":1,"regulatoryFields":1}
      rejected rita NOT_ALLOWED
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    `,
  ),
  scenario(
    'terms: orders of before their instrument asked for more trade, trigger and are canceled as they are',
    `
    bob 1 buy 1@110 stop 101
      accepted bob1 buy 1@110 stop 101 gtc
    alice 1 buy 3@100 day
      accepted alice1 buy 3@100 day
      rested alice1 3@100
    raw {"type":"SetOrderRules","instrumentId":1,"regulatoryFields":1}
      OrderRulesSet
      done
    raw {"type":"NewOrder","userId":3,"instrumentId":1,"clientOrderId":1,"side":2,"orderType":1,"timeInForce":2,"priceTicks":101,"qtyLots":2,"tradingCapacity":3,"clientCode":1,"executionDecisionCode":3}
      accepted carol1 sell 2@101 gtc
      rested carol1 2@101
    raw {"type":"NewOrder","userId":2,"instrumentId":1,"clientOrderId":2,"side":1,"orderType":1,"timeInForce":2,"priceTicks":101,"qtyLots":1,"tradingCapacity":1,"investmentDecisionCode":4,"executionDecisionCode":4}
      accepted bob2 buy 1@101 gtc
      trade 1@101 carol1 leaves 1 / bob2
      triggered bob1
      trade 1@101 carol1 / bob1
    alice cancel 1
      canceled alice1 3 visible 3@100 Requested
    `,
  ),
];
