import { Type } from 'typebox';
import { Receipt } from '#codec/json/admin-request-json.ts';
import { GivenId } from '#codec/json/schemas.ts';
import { Action } from '#domain/permissions.ts';
import { ADMIN_PROBLEMS, type Commands } from './commands.ts';
import { reasonQuery } from './credential-routes.ts';
import { type Route, route } from './routes.ts';

const NODE_ID_MAX = 2 ** 16 - 1;
const SESSION_ID_MAX = 2 ** 32 - 1;

/** Ends sessions of others, at any door of any node. */
export function sessionRoutes(commands: Commands): Route[] {
  return [
    route({
      method: 'DELETE',
      path: '/admin/sessions/:nodeId/:sessionId',
      weight: 1,
      tag: 'administration',
      action: Action.EndSessions,
      operationId: 'endSession',
      summary:
        "End somebody's session: the node that has the connection ends it and tells the client the reason. The user may come again",
      params: {
        nodeId: Type.Integer({ minimum: 1, maximum: NODE_ID_MAX, description: 'the node of the session' }),
        sessionId: Type.Integer({
          minimum: 1,
          maximum: SESSION_ID_MAX,
          description: 'number of the session on that node',
        }),
      },
      query: {
        userId: GivenId(
          "whose session: the numbers of a node's sessions begin again when it starts, and no other user's session is ended",
        ),
        ...reasonQuery,
      },
      answer: Receipt,
      problems: [...ADMIN_PROBLEMS, 'UNKNOWN_SESSION'],
      handle: ({ principal, params: { nodeId, sessionId }, query: { userId: targetUserId, reason } }) =>
        commands.send(principal, { type: 'EndSession', targetUserId, nodeId, sessionId, reason }),
    }),
  ];
}
