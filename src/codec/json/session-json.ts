import { type Static, Type } from 'typebox';
import { Door } from '#domain/commands.ts';
import { Names } from './names.ts';
import { Count, Id, named, oneOf, ref, secondText, Time } from './schemas.ts';

export const DoorName = new Names<'ouch' | 'fix' | 'websocket'>({
  Ouch: Door.Ouch,
  Fix: Door.Fix,
  Websocket: Door.WebSocket,
});

/** An open session, in the domain's units. */
export interface SessionFacts {
  readonly nodeId: number;
  readonly sessionId: number;
  readonly userId: number;
  /** A `Door`; 0 not said. */
  readonly door: number;
  /** Seconds since the Unix epoch. */
  readonly openedSeconds: number;
  readonly cancelOnDisconnect: boolean;
}

const names = {
  nodeId: Id('the node that has the connection'),
  sessionId: Id('number of the session on that node, since the node started'),
};

export const OpenSession = named('OpenSession', 'A session that somebody has open at a door.', {
  ...names,
  userId: Id('whose session'),
  userName: Type.Optional(Type.String({ description: 'login name' })),
  door: Type.Optional(oneOf(DoorName)),
  openedTime: Time,
  cancelOnDisconnect: Type.Boolean({ description: "its end cancels the user's open orders" }),
});

const Closed = Type.Object(names, { additionalProperties: false });

export const SessionsMessage = named(
  'SessionsMessage',
  'Open sessions of the venue, of all nodes: the newest of them, then what changes.',
  {
    channel: Type.Unsafe<'sessions'>({ type: 'string', enum: ['sessions'] }),
    type: Type.Unsafe<'snapshot' | 'changes'>({ type: 'string', enum: ['snapshot', 'changes'] }),
    count: Count('open sessions, those that are not listed too'),
    items: Type.Optional(Type.Array(ref(OpenSession), { description: 'of a snapshot, newest first' })),
    opened: Type.Optional(Type.Array(ref(OpenSession), { description: 'opened, or changed' })),
    closed: Type.Optional(Type.Array(Closed)),
  },
);

export function sessionJson(session: SessionFacts, userName: string | undefined): Static<typeof OpenSession> {
  const { nodeId, sessionId, userId, door, openedSeconds, cancelOnDisconnect } = session;
  return {
    nodeId,
    sessionId,
    userId,
    ...(userName === undefined ? {} : { userName }),
    ...(door === 0 ? {} : { door: DoorName.of(door) }),
    openedTime: secondText(openedSeconds),
    cancelOnDisconnect,
  };
}
