import { type Static, Type } from 'typebox';
import { formatTime } from '#codec/log/describe.ts';
import type { OrderRecord } from '#domain/history.ts';
import { rejectName } from '#domain/rejects.ts';
import { Order, orderJson } from './history-json.ts';
import { CancelReasonName, commandName } from './names.ts';
import {
  assetOf,
  moneyScale,
  priceScale,
  quantityScale,
  scaledText,
  type TermsLookup,
  termsOf,
} from './scales.ts';
import { ClientOrderId, Id, Money, named, oneOf, Price, Quantity, ref, Sequence, Time } from './schemas.ts';

/** What a report can say, by the number that the order desk gives it: its place here, from 1. */
const KINDS = [
  'accepted',
  'rejected',
  'replaced',
  'filled',
  'canceled',
  'triggered',
  'mass-canceled',
  'trade-canceled',
] as const;
type ReportKindName = (typeof KINDS)[number];

export const ReportFill = named('ReportFill', 'The trade of a report.', {
  tradeId: Id('the trade'),
  price: Price,
  quantity: Quantity,
  amount: Money('what changed hands'),
  fee: Money('negative was paid to you'),
  liquidity: Type.Unsafe<'maker' | 'taker'>({
    type: 'string',
    enum: ['maker', 'taker'],
    description: 'both sides of an auction are taker',
  }),
  isAuction: Type.Boolean(),
});

export const CanceledFill = named(
  'CanceledFill',
  'A fill that does not count: its trade was taken back. The order stays as it is, executed quantity included.',
  {
    tradeId: Id('the trade'),
    reportNumber: Type.Integer({ minimum: 1, description: 'of the report of the fill' }),
    price: Price,
    quantity: Quantity,
    amount: Money('what had changed hands'),
    fee: Money('what is paid back of the fee'),
  },
);

export const ExecutionReport = named(
  'ExecutionReport',
  'What became of a command or an order of yours, on any door. Numbers have no holes: the next one is one more.',
  {
    number: Type.Integer({ minimum: 1, description: "position in the user's stream of reports" }),
    kind: Type.Unsafe<ReportKindName>({ type: 'string', enum: [...KINDS] }),
    sequence: Sequence,
    time: Time,
    order: Type.Optional(ref(Order)),
    fill: Type.Optional(ref(ReportFill)),
    canceledFill: Type.Optional(ref(CanceledFill)),
    cancelReason: Type.Optional(oneOf(CancelReasonName)),
    canceledQuantity: Type.Optional(Quantity),
    originalOrderId: Type.Optional(Id('of the order that was replaced')),
    command: Type.Optional(Type.String({ description: 'the command that was rejected' })),
    rejectCode: Type.Optional(Type.String({ description: 'name in the table of rejects' })),
    clientOrderId: Type.Optional(ClientOrderId),
    clientOrderNumber: Type.Optional(Id("the user's number of the order or request")),
    canceledOrders: Type.Optional(Type.Integer({ minimum: 0, description: 'of a mass cancel' })),
  },
);

/** A report of the order desk, in the domain's units: src/gateways/orders/report.ts. */
export interface ReportFacts {
  readonly kind: number;
  readonly number: number;
  readonly sequence: number;
  readonly timeSeconds: number;
  readonly timeNanos: number;
  readonly instrumentId: number;
  readonly orderId: number;
  readonly clientOrderId: number;
  readonly clientTag: string;
  readonly originalOrderId: number;
  readonly tradeId: number;
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly amountMinor: number;
  readonly feeMinor: number;
  readonly fillNumber: number;
  readonly isMaker: boolean;
  readonly isAuction: boolean;
  readonly cancelReason: number;
  readonly commandType: number;
  readonly rejectCode: number;
  readonly canceledOrders: number;
}

/** @param order as it is after the report; undefined where the report is about none */
export function reportJson(
  lookup: TermsLookup,
  report: ReportFacts,
  order: OrderRecord | undefined,
): Static<typeof ExecutionReport> {
  const kind = KINDS[report.kind - 1];
  return {
    number: report.number,
    kind,
    sequence: report.sequence,
    time: formatTime(report.timeSeconds, report.timeNanos),
    ...(order === undefined ? namesOf(report) : { order: orderJson(lookup, order) }),
    ...factsOf(lookup, kind, report),
  };
}

function namesOf({ clientTag, clientOrderId }: ReportFacts) {
  return {
    ...(clientTag === '' ? {} : { clientOrderId: clientTag }),
    ...(clientOrderId === 0 ? {} : { clientOrderNumber: clientOrderId }),
  };
}

function factsOf(lookup: TermsLookup, kind: ReportKindName, report: ReportFacts) {
  switch (kind) {
    case 'filled':
      return { fill: fillOf(lookup, report) };
    case 'canceled': {
      const quantity = quantityScale(termsOf(lookup, report.instrumentId));
      return {
        cancelReason: CancelReasonName.of(report.cancelReason),
        canceledQuantity: scaledText(report.qtyLots, quantity),
      };
    }
    case 'replaced':
      return { originalOrderId: report.originalOrderId };
    case 'rejected':
      return {
        command: commandName(report.commandType),
        rejectCode: rejectName(report.rejectCode) ?? String(report.rejectCode),
      };
    case 'mass-canceled':
      return { canceledOrders: report.canceledOrders };
    case 'trade-canceled':
      return { canceledFill: canceledFillOf(lookup, report) };
    default:
      return {};
  }
}

function canceledFillOf(lookup: TermsLookup, report: ReportFacts): Static<typeof CanceledFill> {
  const { tradeId, price, quantity, amount, fee } = fillOf(lookup, report);
  return { tradeId, reportNumber: report.fillNumber, price, quantity, amount, fee };
}

function fillOf(lookup: TermsLookup, report: ReportFacts): Static<typeof ReportFill> {
  const terms = termsOf(lookup, report.instrumentId);
  const money = moneyScale(assetOf(lookup, terms.quoteAssetId));
  return {
    tradeId: report.tradeId,
    price: scaledText(report.priceTicks, priceScale(terms)),
    quantity: scaledText(report.qtyLots, quantityScale(terms)),
    amount: scaledText(report.amountMinor, money),
    fee: scaledText(report.feeMinor, money),
    liquidity: report.isMaker ? 'maker' : 'taker',
    isAuction: report.isAuction,
  };
}
