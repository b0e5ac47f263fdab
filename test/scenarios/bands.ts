import { scenario } from './scenario.ts';

/** Price bands, and the auctions that they call. */
export const BANDS = [
  scenario(
    'bands: a price at the edge trades, one tick beyond calls the volatility auction',
    `
    erin 1 sell 1@1000
      accepted erin1 sell 1@1000 gtc
      rested erin1 1@1000
    frank 1 buy 1@1000
      accepted frank1 buy 1@1000 gtc
      trade 1@1000 erin1 / frank1
    bob 1 sell 1@1010
      accepted bob1 sell 1@1010 gtc
      rested bob1 1@1010
    bob 2 sell 1@1021
      accepted bob2 sell 1@1021 gtc
      rested bob2 1@1021
    alice 1 buy 1@1021
      accepted alice1 buy 1@1021 gtc
      trade 1@1010 bob1 / alice1
    alice 2 buy 2@1021
      accepted alice2 buy 2@1021 gtc
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested alice2 2@1021
    bob 3 sell 1@1000
      accepted bob3 sell 1@1000 gtc
      rested bob3 1@1000
    time 129
    tick
      indicative 2@1021
    time 130
    tick
      auction trade 1@1021 alice2 leaves 1 / bob3
      auction trade 1@1021 alice2 / bob2
      uncrossed 2@1021 of VolatilityAuction
      phase VolatilityAuction -> Continuous
    `,
    { coin: { dynamicBandPpm: 10_000, referencePriceTicks: 1000 } },
  ),
  scenario(
    'bands: downwards as well, edge and beyond',
    `
    erin 1 sell 1@1000
      accepted erin1 sell 1@1000 gtc
      rested erin1 1@1000
    frank 1 buy 1@1000
      accepted frank1 buy 1@1000 gtc
      trade 1@1000 erin1 / frank1
    alice 1 buy 1@990
      accepted alice1 buy 1@990 gtc
      rested alice1 1@990
    alice 2 buy 1@980
      accepted alice2 buy 1@980 gtc
      rested alice2 1@980
    bob 1 sell 2@980
      accepted bob1 sell 2@980 gtc
      trade 1@990 alice1 / bob1 leaves 1
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested bob1 1@980
    `,
    { coin: { dynamicBandPpm: 10_000 } },
  ),
  scenario(
    'bands: the static one downwards, edge and beyond, however small the steps were',
    `
    alice 1 buy 1@990
      accepted alice1 buy 1@990 gtc
      rested alice1 1@990
    alice 2 buy 1@980
      accepted alice2 buy 1@980 gtc
      rested alice2 1@980
    alice 3 buy 1@979
      accepted alice3 buy 1@979 gtc
      rested alice3 1@979
    bob 1 sell 3@979
      accepted bob1 sell 3@979 gtc
      trade 1@990 alice1 / bob1 leaves 2
      trade 1@980 alice2 / bob1 leaves 1
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested bob1 1@979
    `,
    { coin: { staticBandPpm: 20_000, referencePriceTicks: 1000 } },
  ),
  scenario(
    'bands: with both, each price must be inside both',
    `
    alice 1 buy 1@991
      accepted alice1 buy 1@991 gtc
      rested alice1 1@991
    alice 2 buy 1@982
      accepted alice2 buy 1@982 gtc
      rested alice2 1@982
    alice 3 buy 1@979
      accepted alice3 buy 1@979 gtc
      rested alice3 1@979
    bob 1 sell 1@991
      accepted bob1 sell 1@991 gtc
      trade 1@991 alice1 / bob1
    bob 2 sell 1@982
      accepted bob2 sell 1@982 gtc
      trade 1@982 alice2 / bob2
    // 3 from the last trade, 21 from the reference: outside the static one.
    bob 3 sell 1@979
      accepted bob3 sell 1@979 gtc
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested bob3 1@979
    phase Continuous
      auction trade 1@979 alice3 / bob3
      uncrossed 1@979 of VolatilityAuction
      phase VolatilityAuction -> Continuous
      done
    // 11 from both, which the auction has set to 979: outside the dynamic one.
    carol 1 buy 1@990
      accepted carol1 buy 1@990 gtc
      rested carol1 1@990
    bob 4 sell 1@990
      accepted bob4 sell 1@990 gtc
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested bob4 1@990
    `,
    { coin: { staticBandPpm: 20_000, dynamicBandPpm: 10_000, referencePriceTicks: 1000 } },
  ),
  scenario(
    'bands: the static reference is that of the first trade of the session, then the last auction',
    `
    bob 1 sell 1@104
      accepted bob1 sell 1@104 gtc
      rested bob1 1@104
    bob 2 sell 1@105
      accepted bob2 sell 1@105 gtc
      rested bob2 1@105
    bob 3 sell 1@106
      accepted bob3 sell 1@106 gtc
      rested bob3 1@106
    alice 1 buy 1@104
      accepted alice1 buy 1@104 gtc
      trade 1@104 bob1 / alice1
    alice 2 buy 1@105
      accepted alice2 buy 1@105 gtc
      trade 1@105 bob2 / alice2
    alice 3 buy 1@106
      accepted alice3 buy 1@106 gtc
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested alice3 1@106
    time 130
    tick
      auction trade 1@106 alice3 / bob3
      uncrossed 1@106 of VolatilityAuction
      phase VolatilityAuction -> Continuous
    bob 4 sell 1@111
      accepted bob4 sell 1@111 gtc
      rested bob4 1@111
    alice 4 buy 1@111
      accepted alice4 buy 1@111 gtc
      trade 1@111 bob4 / alice4
    bob 5 sell 1@112
      accepted bob5 sell 1@112 gtc
      rested bob5 1@112
    alice 5 buy 1@112
      accepted alice5 buy 1@112 gtc
      phase Continuous -> VolatilityAuction until 160 then Continuous
      rested alice5 1@112
    `,
    { coin: { staticBandPpm: 50_000, referencePriceTicks: 100 } },
  ),
  scenario(
    'bands: without a reference the first trade sets the static one; closing forgets it, the last price stays',
    `
    bob 1 sell 1@200
      accepted bob1 sell 1@200 gtc
      rested bob1 1@200
    alice 1 buy 1@200
      accepted alice1 buy 1@200 gtc
      trade 1@200 bob1 / alice1
    bob 2 sell 1@211
      accepted bob2 sell 1@211 gtc
      rested bob2 1@211
    phase Closed
      phase Continuous -> Closed
      done
    phase Continuous
      uncrossed 0@0 of Closed
      phase Closed -> Continuous
      done
    alice 2 buy 1@211
      accepted alice2 buy 1@211 gtc
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested alice2 1@211
    `,
    { coin: { staticBandPpm: 50_000 } },
  ),
  scenario(
    'bands: an order that may not rest is canceled',
    `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1
    bob 1 sell 5@110
      accepted bob1 sell 5@110 gtc
      rested bob1 5@110
    alice 1 buy 5@110 ioc
      accepted alice1 buy 5@110 ioc
      phase Continuous -> VolatilityAuction until 130 then Continuous
      canceled alice1 5 PriceBand
    time 200
    tick
      uncrossed 0@0 of VolatilityAuction
      phase VolatilityAuction -> Continuous
    alice 2 buy 5
      accepted alice2 buy 5 market ioc
      phase Continuous -> VolatilityAuction until 230 then Continuous
      canceled alice2 5 PriceBand
    `,
    { coin: { dynamicBandPpm: 50_000 } },
  ),
  scenario(
    'bands: fill-or-kill counts only what the bands let through, the dynamic one as it moves',
    `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1
    bob 1 sell 1@95
      accepted bob1 sell 1@95 gtc
      rested bob1 1@95
    bob 2 sell 1@100
      accepted bob2 sell 1@100 gtc
      rested bob2 1@100
    bob 3 sell 1@105
      accepted bob3 sell 1@105 gtc
      rested bob3 1@105
    alice 1 buy 3@105 fok
      accepted alice1 buy 3@105 fok
      canceled alice1 3 FillOrKill
    alice 2 buy 1@100 fok
      accepted alice2 buy 1@100 fok
      trade 1@95 bob1 / alice2
    alice 3 buy 2@105 fok
      accepted alice3 buy 2@105 fok
      canceled alice3 2 FillOrKill
    `,
    { coin: { dynamicBandPpm: 50_000 } },
  ),
  scenario(
    'bands: fill-or-kill counts with the static reference that its own first fill would set',
    `
    bob 1 sell 1@97
      accepted bob1 sell 1@97 gtc
      rested bob1 1@97
    bob 2 sell 2@102
      accepted bob2 sell 2@102 gtc
      rested bob2 2@102
    alice 1 buy 3@102 fok
      accepted alice1 buy 3@102 fok
      canceled alice1 3 FillOrKill
    alice 2 buy 3@102 min 2
      accepted alice2 buy 3@102 gtc min 2
      canceled alice2 3 MinimumQuantity
    alice 3 buy 3@101 min 1 ioc
      accepted alice3 buy 3@101 ioc min 1
      trade 1@97 bob1 / alice3 leaves 2
      canceled alice3 2 ImmediateOrCancel
    `,
    { coin: { staticBandPpm: 50_000 } },
  ),
  scenario(
    'bands: stops wait while the auction lasts',
    `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1
    alice 1 buy 1@120 stop 104
      accepted alice1 buy 1@120 stop 104 gtc
    bob 1 sell 1@105
      accepted bob1 sell 1@105 gtc
      rested bob1 1@105
    bob 2 sell 5@111
      accepted bob2 sell 5@111 gtc
      rested bob2 5@111
    carol 1 buy 2@111
      accepted carol1 buy 2@111 gtc
      trade 1@105 bob1 / carol1 leaves 1
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested carol1 1@111
    time 130
    tick
      auction trade 1@111 carol1 / bob2 leaves 4
      uncrossed 1@111 of VolatilityAuction
      phase VolatilityAuction -> Continuous
      triggered alice1
      trade 1@111 bob2 leaves 3 / alice1
    `,
    { coin: { dynamicBandPpm: 50_000 } },
  ),
  scenario(
    'bands: a triggered stop calls the auction too, the search ends',
    `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1
    bob 1 sell 1@105
      accepted bob1 sell 1@105 gtc
      rested bob1 1@105
    bob 2 sell 5@111
      accepted bob2 sell 5@111 gtc
      rested bob2 5@111
    alice 1 buy 1@111 stop 104
      accepted alice1 buy 1@111 stop 104 gtc
    alice 2 buy 1@112 stop 105
      accepted alice2 buy 1@112 stop 105 gtc
    carol 1 buy 1@105
      accepted carol1 buy 1@105 gtc
      trade 1@105 bob1 / carol1
      triggered alice1
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested alice1 1@111
    `,
    { coin: { dynamicBandPpm: 50_000 } },
  ),
  scenario(
    'bands: an order that meets only its own account beyond a band calls no auction',
    `
    erin 1 sell 1@1000
      accepted erin1 sell 1@1000 gtc
      rested erin1 1@1000
    frank 1 buy 1@1000
      accepted frank1 buy 1@1000 gtc
      trade 1@1000 erin1 / frank1
    alice 1 sell 2@2000
      accepted alice1 sell 2@2000 gtc
      rested alice1 2@2000
    alice 2 buy 1@2000 stp oldest
      accepted alice2 buy 1@2000 gtc
      canceled alice1 2 visible 2@2000 SelfTrade
      rested alice2 1@2000
    alice 3 sell 1@2000 stp decrement
      accepted alice3 sell 1@2000 gtc
      canceled alice2 1 visible 1@2000 SelfTrade
      canceled alice3 1 SelfTrade
    `,
    { coin: { dynamicBandPpm: 10_000, staticBandPpm: 50_000, volatilityAuctionSeconds: 30 } },
  ),
  scenario(
    'bands: own orders beyond a band are canceled, another account behind them calls the auction',
    `
    erin 1 sell 1@1000
      accepted erin1 sell 1@1000 gtc
      rested erin1 1@1000
    frank 1 buy 1@1000
      accepted frank1 buy 1@1000 gtc
      trade 1@1000 erin1 / frank1
    alice 1 sell 1@2000
      accepted alice1 sell 1@2000 gtc
      rested alice1 1@2000
    bob 1 sell 1@2001
      accepted bob1 sell 1@2001 gtc
      rested bob1 1@2001
    alice 2 buy 1@2001 stp oldest fok
      accepted alice2 buy 1@2001 fok
      canceled alice2 1 FillOrKill
    alice 3 buy 1@2001 stp oldest
      accepted alice3 buy 1@2001 gtc
      canceled alice1 1 visible 1@2000 SelfTrade
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested alice3 1@2001
    `,
    { coin: { dynamicBandPpm: 10_000, volatilityAuctionSeconds: 30 } },
  ),
  scenario(
    'bands: a timed phase goes on to its end after the auction that a band called in it',
    `
    phase Continuous until 200 then ClosingAuction
      phase Continuous -> Continuous until 200 then ClosingAuction
      done
    erin 1 sell 1@1000
      accepted erin1 sell 1@1000 gtc
      rested erin1 1@1000
    frank 1 buy 1@1000
      accepted frank1 buy 1@1000 gtc
      trade 1@1000 erin1 / frank1
    bob 1 sell 1@1100
      accepted bob1 sell 1@1100 gtc
      rested bob1 1@1100
    alice 1 buy 1@1100
      accepted alice1 buy 1@1100 gtc
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested alice1 1@1100
    time 130
    tick
      auction trade 1@1100 alice1 / bob1
      uncrossed 1@1100 of VolatilityAuction
      phase VolatilityAuction -> Continuous until 200 then ClosingAuction
    bob 2 sell 1@1300
      accepted bob2 sell 1@1300 gtc
      rested bob2 1@1300
    time 190
    alice 2 buy 1@1300
      accepted alice2 buy 1@1300 gtc
      phase Continuous -> VolatilityAuction until 220 then Continuous
      rested alice2 1@1300
    time 220
    tick
      auction trade 1@1300 alice2 / bob2
      uncrossed 1@1300 of VolatilityAuction
      phase VolatilityAuction -> Continuous until 200 then ClosingAuction
      phase Continuous -> ClosingAuction
    `,
    { coin: { dynamicBandPpm: 10_000, volatilityAuctionSeconds: 30 } },
  ),
  scenario(
    'bands: a phase that is set in the auction forgets how the timed one was to end',
    `
    phase Continuous until 200 then ClosingAuction
      phase Continuous -> Continuous until 200 then ClosingAuction
      done
    erin 1 sell 1@1000
      accepted erin1 sell 1@1000 gtc
      rested erin1 1@1000
    frank 1 buy 1@1000
      accepted frank1 buy 1@1000 gtc
      trade 1@1000 erin1 / frank1
    bob 1 sell 1@1100
      accepted bob1 sell 1@1100 gtc
      rested bob1 1@1100
    alice 1 buy 1@1100 ioc
      accepted alice1 buy 1@1100 ioc
      phase Continuous -> VolatilityAuction until 130 then Continuous
      canceled alice1 1 PriceBand
    phase Continuous
      uncrossed 0@0 of VolatilityAuction
      phase VolatilityAuction -> Continuous
      done
    time 300
    tick
    `,
    { coin: { dynamicBandPpm: 10_000, volatilityAuctionSeconds: 30 } },
  ),
  scenario(
    'price controls: a band that is widened lets the next order trade; its centre stays, and an auction that it called goes on',
    `
    erin 1 sell 1@1000
      accepted erin1 sell 1@1000 gtc
      rested erin1 1@1000
    frank 1 buy 1@1000
      accepted frank1 buy 1@1000 gtc
      trade 1@1000 erin1 / frank1
    bob 1 sell 2@1021
      accepted bob1 sell 2@1021 gtc
      rested bob1 2@1021
    raw {"type":"SetPriceControls","userId":12,"instrumentId":1,"dynamicBandPpm":30000,"volatilityAuctionSeconds":30,"reason":"wide day"}
      PriceControlsSet
      done for rita
    alice 1 buy 1@1021
      accepted alice1 buy 1@1021 gtc
      trade 1@1021 bob1 leaves 1 / alice1
    raw {"type":"SetPriceControls","userId":13,"instrumentId":1,"staticBandPpm":20000,"volatilityAuctionSeconds":7}
      PriceControlsSet
      done for olga
    alice 2 buy 1@1021
      accepted alice2 buy 1@1021 gtc
      phase Continuous -> VolatilityAuction until 107 then Continuous
      rested alice2 1@1021
    raw {"type":"SetPriceControls","userId":15,"instrumentId":1}
      PriceControlsSet
      done for adam
    time 107
    tick
      auction trade 1@1021 alice2 / bob1
      uncrossed 1@1021 of VolatilityAuction
      phase VolatilityAuction -> Continuous
    bob 2 sell 1@5000
      accepted bob2 sell 1@5000 gtc
      rested bob2 1@5000
    alice 3 buy 1@5000
      accepted alice3 buy 1@5000 gtc
      trade 1@5000 bob2 / alice3
    `,
    { coin: { dynamicBandPpm: 10_000, referencePriceTicks: 1000 } },
  ),
  scenario(
    'price controls: collar and market protection hold from the next order on, and what rests stays',
    `
    alice 1 buy 1@50
      accepted alice1 buy 1@50 gtc
      rested alice1 1@50
    bob 1 sell 1@104
      accepted bob1 sell 1@104 gtc
      rested bob1 1@104
    raw {"type":"SetPriceControls","instrumentId":1,"collarPpm":100000,"marketProtectionPpm":20000}
      PriceControlsSet
      done
    alice 2 buy 1@89
      rejected alice2 PRICE_COLLAR
    alice 3 buy 1@90
      accepted alice3 buy 1@90 gtc
      rested alice3 1@90
    alice 4 buy 1
      accepted alice4 buy 1 market ioc
      canceled alice4 1 MarketRemainder
    raw {"type":"SetPriceControls","instrumentId":1,"marketProtectionPpm":40000}
      PriceControlsSet
      done
    alice 5 buy 1
      accepted alice5 buy 1 market ioc
      trade 1@104 bob1 / alice5
    `,
    { coin: { referencePriceTicks: 100 } },
  ),
  scenario(
    'price controls: refusals change nothing',
    `
    raw {"type":"SetPriceControls","instrumentId":1,"collarPpm":2147483648}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetPriceControls","instrumentId":9,"marketProtectionPpm":2147483648}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetPriceControls","instrumentId":1,"staticBandPpm":4294967295}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetPriceControls","instrumentId":1,"dynamicBandPpm":2147483648}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetPriceControls","instrumentId":1,"volatilityAuctionSeconds":2147483648}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetPriceControls","instrumentId":9}
      rejected operator UNKNOWN_INSTRUMENT
    raw {"type":"SetPriceControls"}
      rejected operator UNKNOWN_INSTRUMENT
    raw {"type":"SetPriceControls","userId":1,"instrumentId":1}
      rejected alice NOT_ALLOWED
    raw {"type":"SetPriceControls","userId":14,"instrumentId":1}
      rejected cora NOT_ALLOWED
    raw {"type":"SetPriceControls","userId":99,"instrumentId":1}
      rejected ?99 UNKNOWN_USER
    alice 1 buy 1@89
      rejected alice1 PRICE_COLLAR
    raw {"type":"SetPriceControls","instrumentId":1,"collarPpm":2147483647}
      PriceControlsSet
      done
    alice 2 buy 1@89
      accepted alice2 buy 1@89 gtc
      rested alice2 1@89
    `,
    { coin: { referencePriceTicks: 100, collarPpm: 100_000 } },
  ),
];
