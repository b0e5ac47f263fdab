import { type Static, Type } from 'typebox';
import {
  AccountAdded,
  AccountLimits,
  Funds,
  NewAccount,
  Receipt,
  readAmount,
} from '#codec/json/admin-request-json.ts';
import { type AssetScale, instrumentUnits } from '#codec/json/instrument-units.ts';
import { KillScopeName, PhaseName, RegulatoryFieldsRuleName, SideName } from '#codec/json/names.ts';
import { OrdersCanceled } from '#codec/json/order-result-json.ts';
import { freshQuery, GivenId, Id, secondsOf } from '#codec/json/schemas.ts';
import {
  AssetAdded,
  InstrumentAdded,
  instrumentDecimals,
  NewAsset,
  NewCoreVersion,
  NewFees,
  NewInstrument,
  NewKillSwitch,
  NewOrderRules,
  NewPhase,
  NewPriceControls,
  NewSchedule,
  readBeginning,
  readFees,
  readFractions,
  readPriceControls,
  readSchedule,
} from '#codec/json/venue-request-json.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { InstrumentKind, KillScope } from '#domain/commands.ts';
import type { FillRecord } from '#domain/history.ts';
import { Action } from '#domain/permissions.ts';
import { problemOfRequest } from './applied-request.ts';
import { cancelOfTrade } from './cancel-of-trade.ts';
import { ADMIN_PROBLEMS, type Commands, readOf } from './commands.ts';
import { reasonQuery } from './credential-routes.ts';
import { ARCHIVE_PROBLEMS } from './history-routes.ts';
import { assetOf, instrumentOf, symbolParam } from './market-routes.ts';
import { massCancelQuery } from './order-routes.ts';
import { invalidField, Problem } from './problems.ts';
import { type Route, route } from './routes.ts';
import { readyViews } from './sources.ts';

/** What staff do with accounts, money, instruments and the venue. */
export function venueRoutes(commands: Commands): Route[] {
  return [...accountCommandRoutes(commands), ...marketCommandRoutes(commands)];
}

const common = { tag: 'administration', weight: 1, answer: Receipt } as const;

function accountCommandRoutes(commands: Commands): Route[] {
  const { sources } = commands;
  const params = { accountId: GivenId('the account') };
  const funds = {
    ...common,
    method: 'POST',
    action: Action.MoveFunds,
    params,
    body: Funds,
    problems: [
      ...ADMIN_PROBLEMS,
      'UNKNOWN_ACCOUNT',
      'UNKNOWN_ASSET',
      'DUPLICATE_REQUEST_ID',
      'VALUE_TOO_LARGE',
    ],
  } as const;
  const move = async (
    type: 'Deposit' | 'Withdraw',
    { userId }: { readonly userId: number },
    accountId: number,
    { asset: symbol, amount, requestId, reason }: Static<typeof Funds>,
  ) => {
    const { assetId, ...asset } = assetOf(readyViews(sources), symbol);
    const amountMinor = readOf(readAmount(asset, amount));
    try {
      return await commands.send({ userId }, { type, accountId, assetId, amountMinor, requestId, reason });
    } catch (error) {
      throw await problemOfRequest(error, { userId, requestId }, sources.archive);
    }
  };
  return [
    route({
      ...common,
      method: 'POST',
      path: '/admin/accounts',
      action: Action.ManageAccounts,
      operationId: 'addAccount',
      summary: 'Add an account',
      body: NewAccount,
      answer: AccountAdded,
      problems: [...ADMIN_PROBLEMS, 'ALREADY_EXISTS', 'CAPACITY'],
      handle: async ({ principal, body }) => {
        const { id, answer } = await commands.add(body.accountId, commands.accountIds, (accountId) =>
          commands.send(principal, { type: 'AddAccount', accountId, reason: body.reason }),
        );
        return { ...answer, accountId: id };
      },
    }),
    route({
      ...common,
      method: 'PUT',
      path: '/admin/accounts/:accountId/limits',
      action: Action.SetLimits,
      operationId: 'setAccountLimits',
      summary: 'Set all limits of an account',
      params,
      body: AccountLimits,
      problems: [...ADMIN_PROBLEMS, 'UNKNOWN_ACCOUNT'],
      handle: ({ principal, params: { accountId }, body }) =>
        commands.send(principal, { type: 'SetAccountLimits', accountId, ...body }),
    }),
    route({
      ...funds,
      path: '/admin/accounts/:accountId/deposits',
      operationId: 'deposit',
      summary: 'Deposit into an account. Its requestId counts once',
      handle: ({ principal, params: { accountId }, body }) => move('Deposit', principal, accountId, body),
    }),
    route({
      ...funds,
      path: '/admin/accounts/:accountId/withdrawals',
      operationId: 'withdraw',
      summary: 'Withdraw from an account. Its requestId counts once',
      problems: [...funds.problems, 'INSUFFICIENT_FUNDS'],
      handle: ({ principal, params: { accountId }, body }) => move('Withdraw', principal, accountId, body),
    }),
  ];
}

function marketCommandRoutes(commands: Commands): Route[] {
  const { sources } = commands;
  const idOf = (symbol: string) => instrumentOf(readyViews(sources), symbol).terms.instrumentId;
  const adding = {
    ...common,
    method: 'POST',
    action: Action.ManageInstruments,
    problems: [...ADMIN_PROBLEMS, 'ALREADY_EXISTS', 'CAPACITY'],
  } as const;
  const ofInstrument = {
    ...common,
    method: 'PUT',
    params: symbolParam,
    problems: [...ADMIN_PROBLEMS, 'UNKNOWN_INSTRUMENT', 'INVALID_CONFIGURATION'],
  } as const;
  return [
    route({
      ...adding,
      path: '/admin/assets',
      operationId: 'addAsset',
      summary: 'Add an asset',
      body: NewAsset,
      answer: AssetAdded,
      handle: async ({ principal, body: { assetId: given, symbol, decimals, reason } }) => {
        const { id, answer } = await commands.add(given, commands.assetIds, (assetId) =>
          commands.send(principal, { type: 'AddAsset', assetId, symbol, decimals, reason }),
        );
        return { ...answer, assetId: id };
      },
    }),
    route({
      ...adding,
      path: '/admin/instruments',
      operationId: 'addInstrument',
      summary: 'Add an instrument',
      body: NewInstrument,
      answer: InstrumentAdded,
      problems: [...adding.problems, 'UNKNOWN_ASSET', 'INVALID_CONFIGURATION'],
      handle: async ({ principal, body }) => {
        const terms = termsOf(commands, body);
        const { id, answer } = await commands.add(body.instrumentId, commands.instrumentIds, (instrumentId) =>
          commands.send(principal, { type: 'AddInstrument', instrumentId, ...terms }),
        );
        return { ...answer, instrumentId: id };
      },
    }),
    route({
      ...ofInstrument,
      path: '/admin/instruments/:symbol/phase',
      action: Action.ControlPhases,
      operationId: 'setPhase',
      summary: 'Change the phase of an instrument, for good or until a time',
      body: NewPhase,
      handle: ({ principal, params, body: { phase, nextPhase, endTime, reason } }) =>
        commands.send(principal, {
          type: 'SetPhase',
          instrumentId: idOf(params.symbol),
          phase: PhaseName.numberOf(phase) as number,
          nextPhase: nextPhase === undefined ? 0 : (PhaseName.numberOf(nextPhase) as number),
          endSeconds: secondsOf(endTime) ?? 0,
          reason,
        }),
    }),
    route({
      ...ofInstrument,
      path: '/admin/instruments/:symbol/price-controls',
      action: Action.ControlPhases,
      operationId: 'setPriceControls',
      summary: 'Set all price controls of an instrument: collar, market protection and bands',
      body: NewPriceControls,
      problems: [...ADMIN_PROBLEMS, 'UNKNOWN_INSTRUMENT'],
      handle: ({ principal, params, body }) =>
        commands.send(principal, {
          type: 'SetPriceControls',
          instrumentId: idOf(params.symbol),
          ...readOf(readPriceControls(body)),
          reason: body.reason,
        }),
    }),
    route({
      ...ofInstrument,
      path: '/admin/instruments/:symbol/fees',
      action: Action.ManageInstruments,
      operationId: 'setFees',
      summary: 'Set both fees of an instrument, from the next trade on',
      body: NewFees,
      problems: [...ADMIN_PROBLEMS, 'UNKNOWN_INSTRUMENT', 'OPEN_ORDERS'],
      handle: ({ principal, params, body }) =>
        commands.send(principal, {
          type: 'SetFees',
          instrumentId: idOf(params.symbol),
          ...readOf(readFees(body)),
          reason: body.reason,
        }),
    }),
    route({
      ...ofInstrument,
      path: '/admin/instruments/:symbol/order-rules',
      action: Action.ManageInstruments,
      operationId: 'setOrderRules',
      summary: 'Set whether orders in an instrument must have the regulatory fields; open ones stay',
      body: NewOrderRules,
      problems: [...ADMIN_PROBLEMS, 'UNKNOWN_INSTRUMENT'],
      handle: ({ principal, params, body }) =>
        commands.send(principal, {
          type: 'SetOrderRules',
          instrumentId: idOf(params.symbol),
          regulatoryFields: RegulatoryFieldsRuleName.numberOf(body.regulatoryFields) as number,
          reason: body.reason,
        }),
    }),
    route({
      ...ofInstrument,
      path: '/admin/instruments/:symbol/schedule',
      action: Action.ManageInstruments,
      operationId: 'setSchedule',
      summary: 'Set the daily changes of an instrument’s phase',
      body: NewSchedule,
      handle: ({ principal, params, body }) =>
        commands.send(principal, {
          type: 'SetSchedule',
          instrumentId: idOf(params.symbol),
          ...readOf(readSchedule(body)),
          reason: body.reason,
        }),
    }),
    route({
      ...common,
      method: 'PUT',
      path: '/admin/kill-switch',
      action: Action.KillSwitch,
      operationId: 'setKillSwitch',
      summary: 'Stop the venue, an instrument, an account or a user, or let it go on',
      body: NewKillSwitch,
      problems: [...ADMIN_PROBLEMS, 'UNKNOWN_INSTRUMENT', 'UNKNOWN_ACCOUNT'],
      handle: ({ principal, body }) =>
        commands.send(principal, {
          type: 'SetKillSwitch',
          scope: KillScopeName.numberOf(body.scope) as number,
          scopeId: scopeIdOf(body, idOf),
          engaged: body.engaged ? 1 : 0,
          cancelOrders: body.cancelOrders === true ? 1 : 0,
          reason: body.reason,
        }),
    }),
    route({
      ...common,
      method: 'DELETE',
      path: '/admin/orders',
      action: Action.CancelAnyOrders,
      operationId: 'cancelOrdersOfOthers',
      summary: 'Cancel open orders of others: of an account, a user or an instrument',
      query: {
        accountId: Type.Optional(GivenId('whose; one of accountId, userId and symbol is needed')),
        userId: Type.Optional(GivenId('who sent them')),
        ...massCancelQuery,
        ...reasonQuery,
      },
      answer: OrdersCanceled,
      problems: [...ADMIN_PROBLEMS, 'UNKNOWN_ACCOUNT', 'UNKNOWN_INSTRUMENT', 'INVALID_CONFIGURATION'],
      handle: ({ principal, query: { accountId = 0, userId = 0, symbol, side, reason } }) =>
        commands.cancelOrders(principal, {
          instrumentId: symbol === undefined ? 0 : idOf(symbol),
          accountId,
          sessionUserId: userId,
          side: side === undefined ? 0 : (SideName.numberOf(side) as number),
          reason,
        }),
    }),
    route({
      ...common,
      method: 'DELETE',
      path: '/admin/trades/:tradeId',
      action: Action.CancelTrades,
      operationId: 'cancelTrade',
      summary: 'Take a trade back: money, assets and fees return; the orders stay as they are',
      params: { tradeId: Id('the trade') },
      query: { ...freshQuery, ...reasonQuery },
      problems: [
        ...ADMIN_PROBLEMS,
        ...ARCHIVE_PROBLEMS,
        'UNKNOWN_TRADE',
        'TRADE_CANCELED',
        'CAPACITY',
        'VALUE_TOO_LARGE',
        'INSUFFICIENT_FUNDS',
      ],
      handle: async ({ principal, params: { tradeId }, query: { atSequence = 0, reason } }) => {
        // As of everything that this door has seen: who takes it back may have been told of it a moment ago.
        const sequence = Math.max(atSequence, readyViews(sources).sequence);
        const query = { type: 'fillsOfTrade', tradeId } as const;
        const { result } = await sources.archive.ask(query, sequence, principal.userId);
        return commands.send(principal, { ...cancelOf(tradeId, result), reason });
      },
    }),
    route({
      ...common,
      method: 'PUT',
      path: '/admin/core-version',
      action: Action.ManageNodes,
      operationId: 'setCoreVersion',
      summary:
        'Change the rules of the core, to a version that this node has. A node whose build lacks it stops at this command',
      body: NewCoreVersion,
      problems: [...ADMIN_PROBLEMS, 'UNSUPPORTED_CORE_VERSION'],
      handle: ({ principal, body: { version, reason } }) => {
        const { coreVersionMax } = commands.sources;
        if (version > coreVersionMax)
          throw invalidField('version', `must be at most ${coreVersionMax}, the newest that this node has`);
        return commands.send(principal, { type: 'SetCoreVersion', version, reason });
      },
    }),
  ];
}

/** @param fills both sides, the buyer's first @throws Problem when they are not known */
function cancelOf(tradeId: number, [buyer, seller]: readonly FillRecord[]): CommandInput<'CancelTrade'> {
  if (buyer !== undefined && seller !== undefined) return cancelOfTrade(buyer, buyer, seller);
  throw new Problem(
    'UNKNOWN_TRADE',
    `history has no trade ${tradeId}: look for it in the trades of its instrument (GET /api/v1/trades), also at another node where this one's history begins later`,
  );
}

/** By the name of a field in configuration files, that in requests. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  tick: 'tickSize',
  lot: 'lotSize',
  base: 'baseAsset',
  quote: 'quoteAsset',
};

/** Everything of an AddInstrument command but its number. @throws Problem */
function termsOf({ sources }: Commands, request: Static<typeof NewInstrument>) {
  const views = readyViews(sources);
  const decimals = instrumentDecimals(request);
  const quote = assetOf(views, request.quoteAsset);
  const isSpot = decimals.kind === InstrumentKind.Spot;
  if (isSpot && request.baseAsset === undefined)
    throw invalidField('baseAsset', 'is missing: kind spot needs it');
  if (!isSpot && request.baseAsset !== undefined) throw invalidField('baseAsset', 'is for kind spot only');
  const base = request.baseAsset === undefined ? undefined : assetOf(views, request.baseAsset);
  return {
    symbol: request.symbol,
    kind: decimals.kind,
    baseAssetId: base?.assetId ?? 0,
    quoteAssetId: quote.assetId,
    ...instrumentUnits(decimals, base as AssetScale | undefined, quote, (field, message) => {
      throw invalidField(FIELD_NAMES[field] ?? field, message);
    }),
    ...readOf(readFractions(request)),
    ...readBeginning(request),
    volatilityAuctionSeconds: request.volatilityAuctionSeconds ?? 0,
    reason: request.reason,
  };
}

/** What a kill switch stops, by its number. @throws Problem when not exactly what its scope needs is named */
function scopeIdOf(
  { scope, symbol, accountId, userId }: Static<typeof NewKillSwitch>,
  idOf: (symbol: string) => number,
): number {
  const named = { symbol, accountId, userId };
  const needed = { venue: undefined, instrument: 'symbol', account: 'accountId', user: 'userId' }[scope];
  for (const [field, value] of Object.entries(named)) {
    if (field === needed && value === undefined)
      throw invalidField(field, `is missing: scope ${scope} needs it`);
    if (field !== needed && value !== undefined) throw invalidField(field, `does not go with scope ${scope}`);
  }
  switch (KillScopeName.numberOf(scope)) {
    case KillScope.Instrument:
      return idOf(symbol as string);
    case KillScope.Account:
      return accountId as number;
    case KillScope.User:
      return userId as number;
    default:
      return 0;
  }
}
