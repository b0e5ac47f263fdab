import { Type } from 'typebox';
import { LogEntry, logEntryJson } from '#codec/json/log-json.ts';
import { Action } from '#domain/permissions.ts';
import { LogTruncatedError } from '#domain/ports.ts';
import { Problem } from './problems.ts';
import { type Route, route } from './routes.ts';
import type { RestSources } from './sources.ts';

/** What a receipt stands for. */
export function logRoutes({ receipts }: RestSources): Route[] {
  return [
    route({
      method: 'GET',
      path: '/log/:sequence',
      weight: 20,
      action: Action.ReadLog,
      tag: 'log',
      summary: 'The entry of the log that a receipt names',
      params: {
        sequence: Type.Integer({
          minimum: 1,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'the receipt',
        }),
      },
      answer: LogEntry,
      problems: ['not-found', 'log-truncated', 'busy'],
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
