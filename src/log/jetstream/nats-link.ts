import type { Socket } from 'node:net';
import {
  type Msg,
  type NatsConnection,
  PermissionViolationError,
  type Status,
  type Subscription,
} from '@nats-io/transport-node';
import { FLUSH_TIMEOUT_MS } from './settings.ts';

/** What a link tells its owner. */
export interface NatsLinkListener {
  onDisconnected(): void;
  onConnected(): void;
  /** A server refused a subject, or something else that waiting does not mend. */
  onRefused(error: PermissionViolationError): void;
  /** The connection was closed, and does not come back. */
  onClosed(): void;
}

/** A connection, and whether it stands. The connection itself comes back by itself; whoever made it closes it. */
export class NatsLink {
  declare readonly connection: NatsConnection;
  declare private readonly listener: NatsLinkListener;
  declare private _isConnected: boolean;
  declare private isClosed: boolean;
  declare private readonly waiting: Set<(isConnected: boolean) => void>;

  /** @param connection one that stands */
  constructor(connection: NatsConnection, listener: NatsLinkListener) {
    this.connection = connection;
    this.listener = listener;
    this._isConnected = true;
    this.isClosed = false;
    this.waiting = new Set();
    void this.#watch();
  }

  get isConnected(): boolean {
    return this._isConnected;
  }

  /** Name of the server that it is connected to, or was last. */
  get serverName(): string {
    return this.connection.info?.server_name ?? '';
  }

  /** Has `onMessage` called with each message. What it throws ends the process, as in any other callback. */
  subscribe(subject: string, onMessage: (message: Msg) => void): Subscription {
    return this.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        try {
          onMessage(message);
        } catch (thrown) {
          // The client would print it and read no more.
          queueMicrotask(() => {
            throw thrown;
          });
        }
      },
    });
  }

  /** Puts a question once there is a connection. @throws when that is lost before the answer, or what the question throws */
  async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    while (!this._isConnected) {
      const isConnected = await this.#change().promise;
      if (!isConnected) throw new Error('the connection is closed');
    }
    const change = this.#change();
    try {
      return await Promise.race([
        question(),
        change.promise.then(() => {
          throw new Error('the connection was lost before the answer');
        }),
      ]);
    } finally {
      this.waiting.delete(change.resolve);
    }
  }

  /** Leaves the server for another, or comes back to it when there is none; as when the connection is lost. */
  leaveServer(): void {
    // Rejected when it is being closed, which is told elsewhere.
    this.connection.reconnect().catch(() => {});
  }

  /** Tells its owner nothing more. */
  close(): void {
    this.isClosed = true;
  }

  #change(): PromiseWithResolvers<boolean> {
    const change = Promise.withResolvers<boolean>();
    this.waiting.add(change.resolve);
    return change;
  }

  #set(isConnected: boolean): void {
    this._isConnected = isConnected;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resolve of waiting) resolve(isConnected);
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (this.isClosed) return;
      this.#onStatus(status);
    }
  }

  /**
   * The client waits for its last bytes to leave before it tries the next server; a frozen one may never take them. The socket is not
   * public: where a later version of the client has it elsewhere, that wait is all that is left.
   */
  #giveUpSocket(): void {
    const { protocol } = this.connection as unknown as { protocol?: { transport?: { socket?: Socket } } };
    const socket = protocol?.transport?.socket;
    setTimeout(() => socket?.destroy(), FLUSH_TIMEOUT_MS).unref();
  }

  #onStatus(status: Status): void {
    switch (status.type) {
      case 'staleConnection':
        this.#giveUpSocket();
        break;
      case 'disconnect':
        this.#set(false);
        this.listener.onDisconnected();
        break;
      case 'reconnect':
        this.#set(true);
        this.listener.onConnected();
        break;
      case 'close':
        this.#set(false);
        this.listener.onClosed();
        break;
      case 'error':
        if (status.error instanceof PermissionViolationError) this.listener.onRefused(status.error);
        break;
    }
  }
}
