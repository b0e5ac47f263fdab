import type { Command } from '#codec/log/record-types.ts';
import {
  IncidentSeverity,
  IncidentState,
  InstrumentKind,
  KillScope,
  Phase,
  SelfTradePrevention,
  Side,
  VenueComponent,
} from '#domain/commands.ts';
import { CancelReason, PostingKind } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import type { RejectName } from '#domain/rejects.ts';
import { changePhase } from './auctions.ts';
import { cancelWhole } from './matching.ts';
import { addTo, availableOf, grossOf, totalOf } from './money.ts';
import { firstRefusal } from './refusals.ts';
import {
  type Account,
  type Asset,
  type Instrument,
  NO_END,
  NO_INDICATIVE,
  newAccount,
  type Venue,
} from './venue.ts';

const SECONDS_PER_DAY = 86_400;
const DECIMALS_MAX = 18;
/** The only version that there is: nothing can have switched to another one. */
const CORE_VERSION = 1;

const isWithin = (value: number, min: number, max: number): boolean =>
  Number.isSafeInteger(value) && value >= min && value <= max;
const isId = (id: number): boolean => isWithin(id, 1, Limits.ID_MAX);
const isAmount = (value: number): boolean => isWithin(value, 0, Limits.AMOUNT_MINOR_MAX);
const isWord = (value: number): boolean => isWithin(value, 0, 2 ** 31 - 1);
const isSymbol = (text: string): boolean => /^[!-~]{1,8}$/.test(text);

export function addAsset(venue: Venue, command: Command<'AddAsset'>): RejectName | undefined {
  const { assetId, decimals, symbol } = command;
  const refusal = firstRefusal([
    ['MALFORMED_COMMAND', () => !isId(assetId) || decimals > DECIMALS_MAX || !isSymbol(symbol)],
    [
      'ALREADY_EXISTS',
      () => venue.assets.some((asset) => asset.assetId === assetId || asset.symbol === symbol),
    ],
    ['CAPACITY', () => venue.assets.length === Limits.ASSETS_MAX],
  ]);
  if (refusal !== undefined) return refusal;
  venue.assets.push({ assetId, symbol, deposited: 0n });
  venue.emit('AssetAdded', command.instrumentId, { assetId, decimals, symbol });
  return undefined;
}

export function addInstrument(venue: Venue, command: Command<'AddInstrument'>): RejectName | undefined {
  const { instrumentId, baseAssetId, symbol } = command;
  const isSpot = command.kind === InstrumentKind.Spot;
  const refusal = firstRefusal([
    ['MALFORMED_COMMAND', () => !isWellFormedInstrument(command)],
    [
      'UNKNOWN_ASSET',
      () =>
        venue.asset(command.quoteAssetId) === undefined ||
        ((isSpot || baseAssetId !== 0) && venue.asset(baseAssetId) === undefined),
    ],
    [
      'ALREADY_EXISTS',
      () =>
        venue.instruments.some(({ terms }) => terms.instrumentId === instrumentId || terms.symbol === symbol),
    ],
    ['CAPACITY', () => venue.instruments.length === Limits.INSTRUMENTS_MAX],
    ['INVALID_CONFIGURATION', () => !isConsistentInstrument(command)],
  ]);
  if (refusal !== undefined) return refusal;
  venue.instruments.push({
    terms: command,
    holdFeePpm: Math.max(command.makerFeePpm, command.takerFeePpm),
    phase: command.phase,
    nextPhase: 0,
    endSeconds: 0,
    resumed: NO_END,
    lastPriceTicks: 0,
    staticPriceTicks: 0,
    killed: false,
    asksRegulatoryFields: false,
    schedule: [],
    scheduleRanSeconds: 0,
    published: NO_INDICATIVE,
  });
  const {
    type: _type,
    flags: _flags,
    userId: _userId,
    clientOrderId: _clientOrderId,
    instrumentId: _instrumentId,
    reason: _reason,
    ...published
  } = command;
  venue.emit('InstrumentAdded', instrumentId, published);
  return undefined;
}

function isWellFormedInstrument(command: Command<'AddInstrument'>): boolean {
  const needsBase = command.kind === InstrumentKind.Spot || command.baseAssetId !== 0;
  return (
    isId(command.instrumentId) &&
    isId(command.quoteAssetId) &&
    (!needsBase || isId(command.baseAssetId)) &&
    isSymbol(command.symbol) &&
    isWithin(command.kind, InstrumentKind.Spot, InstrumentKind.Margined) &&
    isWithin(command.phase, Phase.Closed, Phase.ClosingAuction) &&
    isWithin(command.selfTradePrevention, 0, SelfTradePrevention.Decrement) &&
    isWithin(command.priceDecimals, 0, DECIMALS_MAX) &&
    isWithin(command.qtyDecimals, 0, DECIMALS_MAX) &&
    [
      command.tickSize,
      command.lotSize,
      command.collarPpm,
      command.marketProtectionPpm,
      command.staticBandPpm,
      command.dynamicBandPpm,
      command.volatilityAuctionSeconds,
    ].every(isWord) &&
    [
      command.valueNumerator,
      command.valueDenominator,
      command.lotBaseMinor,
      command.initialMarginMinor,
      command.minQtyLots,
      command.maxQtyLots,
    ].every(isAmount)
  );
}

function isConsistentInstrument(command: Command<'AddInstrument'>): boolean {
  const { tickSize, lotSize, valueNumerator, valueDenominator, minQtyLots, maxQtyLots } = command;
  if ([tickSize, lotSize, valueNumerator, valueDenominator, minQtyLots].includes(0)) return false;
  if (minQtyLots > maxQtyLots || maxQtyLots > Limits.QTY_LOTS_MAX) return false;
  if (command.makerFeePpm > 1_000_000 || command.takerFeePpm > 1_000_000) return false;
  if (command.referencePriceTicks < 0) return false;
  if (command.kind === InstrumentKind.Margined) return true;
  return command.lotBaseMinor > 0 && command.baseAssetId !== command.quoteAssetId;
}

export function addAccount(venue: Venue, command: Command<'AddAccount'>): RejectName | undefined {
  const { accountId } = command;
  const refusal = firstRefusal([
    ['MALFORMED_COMMAND', () => !isId(accountId)],
    ['ALREADY_EXISTS', () => venue.account(accountId) !== undefined],
    ['CAPACITY', () => venue.accounts.length === Limits.ACCOUNTS_MAX],
  ]);
  if (refusal !== undefined) return refusal;
  venue.accounts.push(newAccount(accountId));
  venue.emit('AccountAdded', command.instrumentId, { accountId });
  return undefined;
}

/** A customer's account: the venue's own has neither users nor limits nor a kill switch. */
function customer(venue: Venue, accountId: number): Account | undefined {
  return accountId === 0 ? undefined : venue.account(accountId);
}

export function moveMoney(
  venue: Venue,
  command: Command<'Deposit' | 'Withdraw'>,
  requestIdsMax: number,
): RejectName | undefined {
  const { userId, accountId, assetId, amountMinor, requestId } = command;
  const request = `${userId} ${requestId}`;
  const isDeposit = command.type === 'Deposit';
  const account = venue.account(accountId) as Account;
  const asset = venue.asset(assetId) as Asset;
  const amount = BigInt(amountMinor);
  const depositedGross = (): bigint => {
    addTo(account, assetId, amount);
    const gross = grossOf(venue, assetId);
    addTo(account, assetId, -amount);
    return gross;
  };
  const refusal = firstRefusal([
    [
      'MALFORMED_COMMAND',
      () => accountId > Limits.ID_MAX || !isId(assetId) || !isWithin(amountMinor, 1, Limits.AMOUNT_MINOR_MAX),
    ],
    ['UNKNOWN_ACCOUNT', () => account === undefined],
    ['UNKNOWN_ASSET', () => asset === undefined],
    ['DUPLICATE_REQUEST_ID', () => requestId !== '' && venue.requestIds.includes(request)],
    ['VALUE_TOO_LARGE', () => isDeposit && depositedGross() > BigInt(Limits.AMOUNT_MINOR_MAX)],
    ['INSUFFICIENT_FUNDS', () => !isDeposit && amount > availableOf(venue, account, assetId, venue.orders)],
  ]);
  if (refusal !== undefined) return refusal;
  if (requestId !== '') venue.requestIds = [...venue.requestIds, request].slice(-requestIdsMax);
  const change = isDeposit ? amount : -amount;
  asset.deposited += change;
  addTo(account, assetId, change);
  venue.emit('LedgerPosted', command.instrumentId, {
    amountMinor: Number(change),
    balanceMinor: Number(totalOf(account, assetId)),
    accountId,
    assetId,
    kind: isDeposit ? PostingKind.Deposit : PostingKind.Withdrawal,
  });
  return undefined;
}

export function setAccountLimits(venue: Venue, command: Command<'SetAccountLimits'>): RejectName | undefined {
  const { accountId, ordersMax, messagesPerSecondMax } = command;
  const { orderQtyLotsMax, orderValueMinorMax, positionLotsMax, openValueMinorMax } = command;
  const account = customer(venue, accountId);
  const refusal = firstRefusal([
    [
      'MALFORMED_COMMAND',
      () =>
        ![orderQtyLotsMax, orderValueMinorMax, positionLotsMax, openValueMinorMax].every(isAmount) ||
        ![accountId, ordersMax, messagesPerSecondMax].every(isWord),
    ],
    ['UNKNOWN_ACCOUNT', () => account === undefined],
  ]);
  if (refusal !== undefined || account === undefined) return refusal;
  account.limits = {
    ordersMax,
    messagesPerSecondMax,
    orderQtyLotsMax,
    orderValueMinorMax,
    positionLotsMax,
    openValueMinorMax,
  };
  venue.emit('AccountLimitsSet', command.instrumentId, { accountId });
  return undefined;
}

export function setPriceControls(venue: Venue, command: Command<'SetPriceControls'>): RejectName | undefined {
  const { collarPpm, marketProtectionPpm, staticBandPpm, dynamicBandPpm, volatilityAuctionSeconds } = command;
  const controls = {
    collarPpm,
    marketProtectionPpm,
    staticBandPpm,
    dynamicBandPpm,
    volatilityAuctionSeconds,
  };
  const instrument = venue.instrument(command.instrumentId);
  const refusal = firstRefusal([
    ['MALFORMED_COMMAND', () => !Object.values(controls).every(isWord)],
    ['UNKNOWN_INSTRUMENT', () => instrument === undefined],
  ]);
  if (refusal !== undefined || instrument === undefined) return refusal;
  instrument.terms = { ...instrument.terms, ...controls };
  venue.emit('PriceControlsSet', command.instrumentId, controls);
  return undefined;
}

export function setFees(venue: Venue, command: Command<'SetFees'>): RejectName | undefined {
  const { instrumentId, makerFeePpm, takerFeePpm } = command;
  const larger = Math.max(makerFeePpm, takerFeePpm);
  const instrument = venue.instrument(instrumentId);
  const isSpot = instrument?.terms.kind === InstrumentKind.Spot;
  const hasOpenBuys = isSpot && venue.hasOpenBuys(instrument);
  const refusal = firstRefusal([
    ['MALFORMED_COMMAND', () => larger > 1_000_000],
    ['UNKNOWN_INSTRUMENT', () => instrument === undefined],
    ['OPEN_ORDERS', () => instrument !== undefined && hasOpenBuys && larger > instrument.holdFeePpm],
  ]);
  if (refusal !== undefined || instrument === undefined) return refusal;
  instrument.terms = { ...instrument.terms, makerFeePpm, takerFeePpm };
  venue.emit('FeesSet', instrumentId, { makerFeePpm, takerFeePpm });
  return undefined;
}

export function setOrderRules(venue: Venue, command: Command<'SetOrderRules'>): RejectName | undefined {
  const { instrumentId, regulatoryFields } = command;
  const instrument = venue.instrument(instrumentId);
  const refusal = firstRefusal([
    ['MALFORMED_COMMAND', () => regulatoryFields > 1],
    ['UNKNOWN_INSTRUMENT', () => instrument === undefined],
  ]);
  if (refusal !== undefined || instrument === undefined) return refusal;
  instrument.asksRegulatoryFields = regulatoryFields === 1;
  venue.emit('OrderRulesSet', instrumentId, { regulatoryFields });
  return undefined;
}

export function setPhase(venue: Venue, command: Command<'SetPhase'>): RejectName | undefined {
  const { phase, nextPhase, endSeconds } = command;
  const instrument = venue.instrument(command.instrumentId);
  const refusal = firstRefusal([
    [
      'MALFORMED_COMMAND',
      () =>
        !isWithin(phase, Phase.Closed, Phase.ClosingAuction) || !isWithin(nextPhase, 0, Phase.ClosingAuction),
    ],
    ['UNKNOWN_INSTRUMENT', () => instrument === undefined],
    [
      'INVALID_CONFIGURATION',
      () => (endSeconds === 0) !== (nextPhase === 0) || (endSeconds !== 0 && endSeconds <= venue.seconds),
    ],
  ]);
  if (refusal !== undefined || instrument === undefined) return refusal;
  changePhase(venue, instrument, phase, nextPhase, endSeconds);
  return undefined;
}

export function setSchedule(venue: Venue, command: Command<'SetSchedule'>): RejectName | undefined {
  const instrument = venue.instrument(command.instrumentId);
  const slots = [
    { phase: command.phase0, secondOfDay: command.secondOfDay0 },
    { phase: command.phase1, secondOfDay: command.secondOfDay1 },
    { phase: command.phase2, secondOfDay: command.secondOfDay2 },
    { phase: command.phase3, secondOfDay: command.secondOfDay3 },
    { phase: command.phase4, secondOfDay: command.secondOfDay4 },
    { phase: command.phase5, secondOfDay: command.secondOfDay5 },
    { phase: command.phase6, secondOfDay: command.secondOfDay6 },
    { phase: command.phase7, secondOfDay: command.secondOfDay7 },
  ];
  const end = slots.findIndex(({ phase }) => phase === 0);
  const entries = end < 0 ? slots : slots.slice(0, end);
  const refusal = firstRefusal([
    ['MALFORMED_COMMAND', () => entries.some(({ phase }) => phase > Phase.ClosingAuction)],
    ['UNKNOWN_INSTRUMENT', () => instrument === undefined],
    [
      'INVALID_CONFIGURATION',
      () =>
        entries.some(({ secondOfDay }, index) => {
          const isAscending = index === 0 || secondOfDay > entries[index - 1].secondOfDay;
          return !isAscending || secondOfDay >= SECONDS_PER_DAY;
        }),
    ],
  ]);
  if (refusal !== undefined || instrument === undefined) return refusal;
  instrument.schedule = entries;
  instrument.scheduleRanSeconds = venue.seconds;
  venue.emit('ScheduleSet', command.instrumentId, {});
  return undefined;
}

export function setKillSwitch(venue: Venue, command: Command<'SetKillSwitch'>): RejectName | undefined {
  const { scope, scopeId, engaged, cancelOrders } = command;
  const scopes: { readonly [scope: number]: { killed: boolean } | undefined } = {
    [KillScope.Venue]: venue,
    [KillScope.Instrument]: venue.instrument(scopeId),
    [KillScope.Account]: customer(venue, scopeId),
    [KillScope.User]: venue.user(scopeId),
  };
  const target = scopes[scope];
  const refusal = firstRefusal([
    [
      'MALFORMED_COMMAND',
      () =>
        !isWithin(scope, KillScope.Venue, KillScope.User) ||
        (scope !== KillScope.Venue &&
          !isWithin(scopeId, scope === KillScope.Account ? 0 : 1, Limits.ID_MAX)) ||
        engaged > 1 ||
        cancelOrders > 1,
    ],
    ['UNKNOWN_USER', () => scope === KillScope.User && target === undefined],
    ['UNKNOWN_ACCOUNT', () => scope === KillScope.Account && target === undefined],
    ['UNKNOWN_INSTRUMENT', () => target === undefined],
  ]);
  if (refusal !== undefined || target === undefined) return refusal;
  target.killed = engaged === 1;
  venue.emit('KillSwitchSet', command.instrumentId, { scope, engaged, scopeId });
  if (cancelOrders === 0) return undefined;
  const orders =
    scope === KillScope.Venue || scope === KillScope.Instrument
      ? venue.instruments
          .filter((instrument: Instrument) => scope === KillScope.Venue || instrument === target)
          .flatMap((instrument) => venue.inPriority(instrument))
      : inOrderOfEntry(venue).filter(({ account, user }) => account === target || user === target);
  for (const order of orders) cancelWhole(venue, order, CancelReason.KillSwitch);
  tellOfMassCancel(venue, command, command.instrumentId, orders.length);
  return undefined;
}

export function cancelOrdersOfOthers(
  venue: Venue,
  command: Command<'CancelOrdersOfOthers'>,
): RejectName | undefined {
  const { accountId, sessionUserId, instrumentId, side } = command;
  const account = venue.account(accountId);
  const user = venue.user(sessionUserId);
  const instrument = venue.instrument(instrumentId);
  const refusal = firstRefusal([
    [
      'MALFORMED_COMMAND',
      () => accountId > Limits.ID_MAX || sessionUserId > Limits.ID_MAX || !isWithin(side, 0, Side.Sell),
    ],
    ['UNKNOWN_USER', () => sessionUserId !== 0 && user === undefined],
    ['UNKNOWN_ACCOUNT', () => accountId !== 0 && account === undefined],
    ['UNKNOWN_INSTRUMENT', () => instrumentId !== 0 && instrument === undefined],
    ['INVALID_CONFIGURATION', () => accountId === 0 && sessionUserId === 0 && instrumentId === 0],
  ]);
  if (refusal !== undefined) return refusal;
  cancelMatching(venue, command, undefined);
  return undefined;
}

/** Cancels the orders that match every field of a mass cancel; with `ofAccount` those of that account only. */
export function cancelMatching(
  venue: Venue,
  command: Command<'MassCancel'> | Command<'CancelOrdersOfOthers'>,
  ofAccount: Account | undefined,
): void {
  const { accountId, sessionUserId, instrumentId, side } = command;
  const instrument = venue.instrument(instrumentId);
  const isByInstrumentAlone = ofAccount === undefined && accountId + sessionUserId === 0;
  const candidates =
    isByInstrumentAlone && instrument !== undefined ? venue.inPriority(instrument) : inOrderOfEntry(venue);
  const orders = candidates.filter(
    (order) =>
      (ofAccount === undefined || order.account === ofAccount) &&
      (accountId === 0 || order.account.accountId === accountId) &&
      (sessionUserId === 0 || order.user.userId === sessionUserId) &&
      (instrumentId === 0 || order.instrument === instrument) &&
      (side === 0 || order.side === side),
  );
  for (const order of orders) cancelWhole(venue, order, CancelReason.MassCancel);
  tellOfMassCancel(venue, command, instrumentId, orders.length);
}

/** Tells who sent the command how many orders it canceled. */
export function tellOfMassCancel(
  venue: Venue,
  { userId, clientOrderId }: { readonly userId: number; readonly clientOrderId: number },
  instrumentId: number,
  canceledOrders: number,
): void {
  const user = venue.user(userId);
  const done = { canceledOrders, clientOrderId };
  if (user === undefined) venue.emit('MassCancelDone', instrumentId, done);
  else venue.report(user, 'MassCancelDone', instrumentId, done);
}

export function inOrderOfEntry(venue: Venue): Venue['orders'] {
  return venue.orders.toSorted((a, b) => a.orderId - b.orderId);
}

export function setCoreVersion(venue: Venue, command: Command<'SetCoreVersion'>): RejectName | undefined {
  if (command.version === CORE_VERSION + 1) throw new Error('the next core version is not ours to answer');
  if (command.version !== CORE_VERSION) return 'UNSUPPORTED_CORE_VERSION';
  venue.emit('CoreVersionSet', command.instrumentId, { version: command.version });
  return undefined;
}

export function postIncident(venue: Venue, command: Command<'PostIncident'>): RejectName | undefined {
  const { incidentId, components, severity, state, title, text } = command;
  const known: number[] = Object.values(VenueComponent);
  const named = known.filter((bit) => (components & bit) !== 0);
  const isWellFormed =
    isId(incidentId) &&
    named.length > 0 &&
    named.reduce((sum, bit) => sum + bit, 0) === components &&
    Object.values<number>(IncidentSeverity).includes(severity) &&
    Object.values<number>(IncidentState).includes(state) &&
    title !== '' &&
    text !== '';
  if (!isWellFormed) return 'MALFORMED_COMMAND';
  venue.emit('IncidentPosted', 0, { incidentId, components, severity, state, title, text });
  return undefined;
}
