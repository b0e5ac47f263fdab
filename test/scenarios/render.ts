import type { Event } from '#codec/log/record-types.ts';
import { CommandType, KillScope, OrderType, Phase, Role, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason, PostingKind, TradeFlag } from '#domain/events.ts';
import { rejectName } from '#domain/rejects.ts';
import { ASSETS, STAFF, USERS } from './market.ts';

function nameIn(table: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(table).find((name) => table[name] === value) ?? `?${value}`;
}

const PEOPLE = { ...USERS, ...STAFF };
const sideName = (side: number): string => nameIn({ none: 0, buy: Side.Buy, sell: Side.Sell }, side);
const userName = (userId: number): string => (userId === 0 ? 'operator' : nameIn(PEOPLE, userId));
const phaseName = (phase: number): string => nameIn(Phase, phase);
const TIF_NAMES = {
  day: TimeInForce.Day,
  gtc: TimeInForce.GoodTillCancel,
  ioc: TimeInForce.ImmediateOrCancel,
  fok: TimeInForce.FillOrKill,
  gtd: TimeInForce.GoodTillDate,
};
const ACCOUNT_NAMES = { venue: 0, alice: 1, bob: 2, carol: 3 };

type WithTerms = Event<'OrderAccepted'> | Event<'OrderReplaced'>;

/**
 * Writes events as lines that name orders by their owner's name and number: `alice1`. It remembers which order
 * has which id, so one renderer reads one engine from the start.
 */
export class Renderer {
  readonly #orders = new Map<number, string>();

  line(event: Event): string {
    switch (event.type) {
      case 'OrderAccepted':
        return `accepted ${this.#learn(event)} ${terms(event)}`;
      case 'CommandRejected': {
        const number = event.clientOrderId === 0 ? '' : event.clientOrderId;
        const tag = event.commandType === CommandType.CancelOrder ? tagText(event) : '';
        return `rejected ${userName(event.userId)}${number} ${rejectName(event.rejectCode)}${tag}`;
      }
      case 'OrderCanceled': {
        const left = event.leavesQtyLots === 0 ? '' : ` leaves ${event.leavesQtyLots}`;
        const shown =
          event.visibleQtyLots === 0 ? '' : ` visible ${event.visibleQtyLots}@${event.priceTicks}`;
        const what = `canceled ${this.#name(event.orderId)} ${event.canceledQtyLots}${left}${shown}`;
        return `${what} ${nameIn(CancelReason, event.reason)}${tagText(event)}`;
      }
      case 'OrderReplaced': {
        const before = this.#name(event.originalOrderId);
        const priority = event.keepsPriority === 1 ? 'keeps priority' : 'loses priority';
        const shown = event.visibleQtyLots === 0 ? '' : ` visible ${event.visibleQtyLots}`;
        return `replaced ${before} by ${this.#learn(event)} ${terms(event)} ${priority}${shown}`;
      }
      case 'OrderRested':
        return `rested ${this.#name(event.orderId)} ${event.displayQtyLots}@${event.priceTicks}`;
      case 'Trade':
        return this.#trade(event);
      case 'TradeCanceled':
        return `trade ${event.tradeId} canceled ${event.qtyLots}@${event.priceTicks}`;
      case 'FillCanceled': {
        const fee = event.feeMinor === 0 ? '' : ` fee ${event.feeMinor}`;
        const { qtyLots, priceTicks, fillReportNumber } = event;
        return `fill canceled ${this.#name(event.orderId)} ${sideName(event.side)} ${qtyLots}@${priceTicks}${fee} of report ${fillReportNumber}`;
      }
      case 'OrderTriggered':
        return `triggered ${this.#name(event.orderId)}`;
      case 'MassCancelDone':
        return `mass canceled ${event.canceledOrders}${event.userId === 0 ? '' : ` for ${userName(event.userId)}`}`;
      default:
        return marketLine(event);
    }
  }

  #learn(event: WithTerms): string {
    const name = `${userName(event.userId)}${event.clientOrderId}`;
    this.#orders.set(event.orderId, name);
    return name;
  }

  #name(orderId: number): string {
    return this.#orders.get(orderId) ?? `#${orderId}`;
  }

  #trade(event: Event<'Trade'>): string {
    const isAuction = (event.tradeFlags & TradeFlag.Auction) !== 0;
    const side = (name: string, leaves: number, visible: number, hides: boolean): string => {
      const shows = hides && visible !== leaves ? ` shows ${visible}` : '';
      return `${name}${leaves === 0 ? '' : ` leaves ${leaves}`}${shows}`;
    };
    const maker = side(
      this.#name(event.makerOrderId),
      event.makerLeavesQtyLots,
      event.makerVisibleQtyLots,
      true,
    );
    const taker = side(
      this.#name(event.takerOrderId),
      event.takerLeavesQtyLots,
      event.takerVisibleQtyLots,
      isAuction,
    );
    const hasFees = event.makerFeeMinor + event.takerFeeMinor > 0;
    const fees = hasFees ? ` fees ${event.makerFeeMinor}+${event.takerFeeMinor}` : '';
    const kind = isAuction ? 'auction trade' : 'trade';
    return `${kind} ${event.qtyLots}@${event.priceTicks} ${maker} / ${taker}${fees}`;
  }
}

function tagText({ clientTag }: { readonly clientTag: string }): string {
  return clientTag === '' ? '' : ` tag ${clientTag}`;
}

function terms(event: WithTerms): string {
  const parts = [`${sideName(event.side)} ${event.qtyLots}`];
  if (event.priceTicks !== 0) parts[0] += `@${event.priceTicks}`;
  if (event.orderType === OrderType.Market) parts.push('market');
  if (event.stopPriceTicks !== 0) parts.push(`stop ${event.stopPriceTicks}`);
  parts.push(nameIn(TIF_NAMES, event.timeInForce));
  if (event.expireSeconds !== 0) parts.push(`until ${event.expireSeconds}`);
  if (event.displayQtyLots !== 0) parts.push(`show ${event.displayQtyLots}`);
  if (event.minQtyLots !== 0) parts.push(`min ${event.minQtyLots}`);
  if (event.cumQtyLots !== 0) parts.push(`cum ${event.cumQtyLots}`);
  if (event.ocoClientOrderId !== 0) parts.push(`oco ${event.ocoClientOrderId}`);
  if (event.orderFlags !== 0) parts.push('post-only');
  return parts.join(' ') + tagText(event);
}

function marketLine(event: Event): string {
  switch (event.type) {
    case 'PhaseChanged': {
      const until =
        event.endSeconds === 0 ? '' : ` until ${event.endSeconds} then ${phaseName(event.nextPhase)}`;
      return `phase ${phaseName(event.previousPhase)} -> ${phaseName(event.phase)}${until}`;
    }
    case 'AuctionIndicative': {
      const surplus =
        event.surplusSide === 0 ? '' : ` surplus ${sideName(event.surplusSide)} ${event.surplusQtyLots}`;
      return `indicative ${event.qtyLots}@${event.priceTicks}${surplus}`;
    }
    case 'AuctionUncrossed':
      return `uncrossed ${event.qtyLots}@${event.priceTicks} of ${phaseName(event.phase)}`;
    case 'LedgerPosted': {
      const kind = nameIn(PostingKind, event.kind);
      const asset = nameIn(ASSETS, event.assetId);
      const account = nameIn(ACCOUNT_NAMES, event.accountId);
      return `posted ${account} ${event.amountMinor} ${asset} ${kind} total ${event.balanceMinor}`;
    }
    case 'PositionChanged': {
      const account = nameIn(ACCOUNT_NAMES, event.accountId);
      return `position ${account} ${event.positionLots} entry ${event.entryValueMinor} realised ${event.realisedMinor}`;
    }
    case 'KillSwitchSet': {
      const id = event.scopeId === 0 ? '' : ` ${event.scopeId}`;
      return `${event.engaged === 1 ? 'killed' : 'revived'} ${nameIn(KillScope, event.scope)}${id}`;
    }
    case 'SessionOpened':
    case 'SessionClosed':
      return `${event.type} ${userName(event.userId)} ${event.nodeId}.${event.sessionId}`;
    case 'SessionEnded':
      return `SessionEnded ${userName(event.userId)} ${event.nodeId}.${event.sessionId} ${event.motive}`.trim();
    case 'CommandAccepted':
      return event.userId === 0 ? 'done' : `done for ${userName(event.userId)}`;
    case 'UserRoleSet':
      return `role of ${userName(event.targetUserId)} ${nameIn(Role, event.role)}`;
    case 'UserEnabledSet':
      return `${event.enabled === 1 ? 'enabled' : 'disabled'} ${userName(event.targetUserId)}`;
    case 'ApiKeyAdded':
    case 'ApiKeyRevoked':
      return `${event.type} ${event.keyId} of ${userName(event.targetUserId)}`;
    case 'TokensRevoked':
      return `tokens of ${userName(event.targetUserId)} revoked before ${event.revokedSeconds}`;
    case 'IncidentPosted':
      return `incident ${event.incidentId}: ${event.title}`;
    default:
      return event.type;
  }
}
