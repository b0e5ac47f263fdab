import { Type } from 'typebox';
import { LogEntry, logEntryJson } from '#codec/json/log-json.ts';
import { freshQuery, Id } from '#codec/json/schemas.ts';
import { OrderTimeline } from '#codec/json/timeline-json.ts';
import { Action } from '#domain/permissions.ts';
import { LogTruncatedError } from '#domain/ports.ts';
import { logLookup } from '../log/log-lookup.ts';
import { type FoundOrder, orderTimeline } from '../log/order-timeline.ts';
import { ARCHIVE_PROBLEMS } from './history-routes.ts';
import { Problem } from './problems.ts';
import { inKnownTerms, maySee, Questions } from './questions.ts';
import { type Route, route } from './routes.ts';
import type { RestSources } from './sources.ts';

/** What a receipt stands for, and the life of an order. */
export function logRoutes(sources: RestSources): Route[] {
  const { receipts } = sources;
  const questions = new Questions(sources);
  return [
    route({
      method: 'GET',
      path: '/admin/orders/:orderId/timeline',
      weight: 20,
      action: Action.ViewOwnAccount,
      tag: 'administration',
      operationId: 'getOrderTimeline',
      summary:
        'The life of an order, with those that it replaced and that replaced it: commands and what they did. Of your own account; of any with the right to view it',
      params: { orderId: Id('the order, any of the chain') },
      query: freshQuery,
      answer: OrderTimeline,
      problems: [...ARCHIVE_PROBLEMS, 'log-damaged', 'UNKNOWN_ORDER'],
      handle: async ({ principal, params: { orderId }, query }) => {
        const { views } = questions;
        const find = async (id: number): Promise<FoundOrder | undefined> => {
          const { sequence, result: order } = await questions.ask(principal, query, {
            type: 'order',
            orderId: id,
          });
          if (order === undefined || !maySee(principal, order.accountId)) return undefined;
          const { result: canceledSequence } = await questions.ask(principal, query, {
            type: 'canceledSequence',
            orderId: id,
          });
          return { order, sequence, canceledSequence };
        };
        const lookup = logLookup(views, sources.directory);
        const seesAll = (principal.actions & Action.ViewAnyAccount) !== 0;
        const life = await orderTimeline({ ...sources, lookup }, orderId, seesAll, find).catch((error) =>
          inKnownTerms(() => {
            throw error;
          }),
        );
        // Whether another's order exists is nobody's business.
        if (life === undefined) throw new Problem('UNKNOWN_ORDER', `you have no order ${orderId}`);
        return life;
      },
    }),
    route({
      method: 'GET',
      path: '/log/:sequence',
      weight: 20,
      action: Action.ReadLog,
      tag: 'log',
      operationId: 'getLogReceipt',
      summary: 'The entry of the log that a receipt names',
      params: {
        sequence: Type.Integer({
          minimum: 1,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'the receipt',
        }),
      },
      answer: LogEntry,
      problems: ['not-found', 'log-truncated', 'log-damaged', 'busy'],
      handle: async ({ params: { sequence } }) => {
        const found = await receipts.entry(sequence).catch((error: unknown) => {
          if (error instanceof LogTruncatedError) throw new Problem('log-truncated', error.message);
          throw error;
        });
        if (found === undefined) throw new Problem('not-found', `the log has no entry ${sequence} yet`);
        return logEntryJson(found);
      },
    }),
  ];
}
