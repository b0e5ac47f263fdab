import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import {
  CONNECT_TIMEOUT_MS,
  FLUSH_TIMEOUT_MS,
  PING_INTERVAL_MS,
  PINGS_OUT_MAX,
  RECONNECT_WAIT_MS,
  REFUSALS_MAX,
} from './settings.ts';

/** Where the servers are, and as whom to connect. */
export type NatsConnectionOptions = Pick<
  NodeConnectionOptions,
  'servers' | 'noRandomize' | 'authenticator' | 'user' | 'pass' | 'token' | 'tls'
> & {
  /** Shown in the servers' lists of connections. */
  readonly name: string;
};

/**
 * Connects to one of the servers, and for ever again after a connection is lost; a server that does not answer pings is left within two seconds. It is
 * closed once the servers have refused its login REFUSALS_MAX times each, without letting it in meanwhile.
 * @throws the client's error when no server takes the connection
 */
export async function connectNats(options: NatsConnectionOptions): Promise<NatsConnection> {
  const connection = await closingSockets(() =>
    connect({
      ...options,
      pingInterval: PING_INTERVAL_MS,
      maxPingOut: PINGS_OUT_MAX,
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      reconnectJitter: RECONNECT_WAIT_MS,
      noAsyncTraces: true,
      // The client would give up at the second refusal of its life, and with each new password a server refuses those that it had let in with the old one.
      ignoreAuthErrorAbort: true,
      // Whichever was tried longest ago: the client would begin with the one that it has just lost.
      reconnectToServer: (servers) => servers.toSorted((a, b) => a.lastConnect - b.lastConnect)[0] ?? null,
    }),
  );
  void closeWhenRefused(connection, REFUSALS_MAX * Math.max(1, [options.servers ?? []].flat().length));
  return connection;
}

/** Of `closingSockets`: those that one attempt has opened. */
const attempts = new AsyncLocalStorage<Socket[]>();
/** On which Node tells of each socket that is opened. */
const OPENED = 'net.client.socket';

/** Closes what an attempt to connect that fails has opened: the client leaves open the socket on which a frozen server has yet to greet it. @throws what the attempt throws */
async function closingSockets<T>(attempt: () => Promise<T>): Promise<T> {
  const opened: Socket[] = [];
  const onOpened = (message: unknown): void => {
    if (attempts.getStore() === opened) opened.push((message as { readonly socket: Socket }).socket);
  };
  subscribe(OPENED, onOpened);
  try {
    return await attempts.run(opened, attempt);
  } catch (error) {
    for (const socket of opened) socket.destroy();
    throw error;
  } finally {
    unsubscribe(OPENED, onOpened);
  }
}

async function closeWhenRefused(connection: NatsConnection, refusalsMax: number): Promise<void> {
  let refusals = 0;
  for await (const status of connection.status()) {
    if (status.type === 'reconnect') refusals = 0;
    else if (status.type === 'error' && isRefusal(status.error) && ++refusals === refusalsMax)
      void closeNats(connection);
  }
}

function isRefusal({ name }: Error): boolean {
  return name === 'AuthorizationError' || name === 'UserAuthenticationExpiredError';
}

/**
 * Closes a connection for good, whatever the servers do: the client's own `close` waits until its last bytes have left, and leaves open the socket on which a frozen
 * server has yet to greet it, which keeps its thread from ending. The transport is not public: where a later version of the client has it elsewhere, that is what is left.
 */
export async function closeNats(connection: NatsConnection): Promise<void> {
  const { protocol } = connection as unknown as { protocol?: { transport?: { discard?(): void } } };
  await Promise.race([connection.close(), sleep(FLUSH_TIMEOUT_MS, undefined, { ref: false })]);
  protocol?.transport?.discard?.();
}
