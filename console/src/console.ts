import { Session } from './api/session.ts';
import { ApiSocket } from './api/socket.ts';
import { Channels } from './state/channels.ts';

/** Everything that outlives a screen: the session, the connection, and the stores of what comes over it. */
export const session = new Session();
export const socket = new ApiSocket(
  () => session.token,
  (problem) => session.signOut(problem),
);
export const channels = new Channels(socket);
export const rest = session.rest;

session.onToken = () => {
  if (session.token === undefined) channels.forgetPrivate();
  socket.onToken();
};
