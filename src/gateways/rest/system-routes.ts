import { Type } from 'typebox';
import { Count, Id, named, Sequence } from '#codec/json/schemas.ts';
import { Action } from '#domain/permissions.ts';
import { publicRoute, type Route, route } from './routes.ts';
import type { RestSources } from './sources.ts';

const ServerTime = named('ServerTime', 'The clock of the node.', {
  timeMs: Count('milliseconds since the Unix epoch: what signed requests are measured by'),
  logTimeSeconds: Count('newest log time that the door has seen, in seconds since the Unix epoch'),
});

const Status = named('Status', 'Whether the door can be used.', {
  state: Type.Unsafe<'starting' | 'serving'>({
    type: 'string',
    enum: ['starting', 'serving'],
    description: 'starting: the state of the market is being read',
  }),
  sequence: Sequence,
});

const NodeStatus = named('NodeStatus', 'How far the threads of the node are.', {
  nodeId: Id('the node'),
  durableSequence: Sequence,
  edgeSequence: Sequence,
  archivedSequence: Sequence,
  divergedSequence: Sequence,
  generation: Count('grows each time the door has lost events and begun anew'),
  uptimeSeconds: Count('since the node started'),
});

/** What the node says of itself. */
export function systemRoutes(sources: RestSources): Route[] {
  const { views } = sources;
  return [
    publicRoute({
      path: '/time',
      weight: 1,
      tag: 'system',
      operationId: 'getTime',
      summary: 'The clock of the node',
      answer: ServerTime,
      handle: () => ({ timeMs: sources.wallMs(), logTimeSeconds: views.timeSeconds }),
    }),
    publicRoute({
      path: '/status',
      weight: 1,
      tag: 'system',
      operationId: 'getStatus',
      summary: 'Whether the door can be used',
      answer: Status,
      handle: () => ({
        state: views.isReady ? ('serving' as const) : ('starting' as const),
        sequence: views.sequence,
      }),
    }),
    route({
      method: 'GET',
      path: '/node',
      weight: 1,
      action: Action.ViewNodes,
      tag: 'system',
      operationId: 'getNode',
      summary: 'How far the threads of the node are',
      answer: NodeStatus,
      handle: () => ({
        ...sources.facts(),
        edgeSequence: views.sequence,
        generation: views.generation,
      }),
    }),
  ];
}
