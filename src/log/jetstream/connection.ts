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
  const connection = await connect({
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
  });
  void closeWhenRefused(connection, REFUSALS_MAX * Math.max(1, [options.servers ?? []].flat().length));
  return connection;
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
