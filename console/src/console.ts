import { Session } from './api/session.ts';
import { ApiSocket } from './api/socket.ts';
import { Channels } from './state/channels.ts';
import { Catalog } from './state/market/catalog.ts';

/** Everything that outlives a screen: the session, the connection, and the stores of what comes over it. */
export const session = new Session();
export const socket = new ApiSocket(
  () => session.token,
  (problem) => session.signOut(problem),
);
export const channels = new Channels(socket);
export const rest = session.rest;
export const catalog = new Catalog(rest);

session.onToken = () => {
  if (session.token === undefined) channels.forgetPrivate();
  socket.onToken();
};

/** Begins; called once. */
export function startConsole(): void {
  let wasOnline = false;
  // What changed while nobody listened is read anew.
  socket.connection.subscribe(() => {
    const { isOnline } = socket;
    if (isOnline && !wasOnline) void catalog.load();
    wasOnline = isOnline;
  });
  void session.start();
  socket.start();
}
