import type { ApiSocket, ChannelMessage } from '../api/socket.ts';
import { type ChannelStore, NewestStore, SteadyStore } from './channel-store.ts';

type Make<S> = (socket: ApiSocket, onIdle: () => void) => S;

/** The stores of the channels that somebody looks at: each channel once, however many look. */
export class Channels {
  declare private readonly socket: ApiSocket;
  declare private readonly stores: Map<string, ChannelStore<unknown>>;

  constructor(socket: ApiSocket) {
    this.socket = socket;
    this.stores = new Map();
  }

  /** The store of a channel, made by `make` when it is first asked for. A channel has one kind of store. */
  of<S extends ChannelStore<unknown>>(channel: string, make: Make<S>): S {
    const known = this.stores.get(channel);
    if (known !== undefined) return known as S;
    const store = make(this.socket, () => {
      if (this.stores.get(channel) === store) this.stores.delete(channel);
    });
    this.stores.set(channel, store);
    return store;
  }

  /** What was private is nobody's any more. */
  forgetPrivate(): void {
    for (const [channel, store] of this.stores) {
      if (!store.isPrivate) continue;
      this.stores.delete(channel);
      this.socket.unfollow(store);
    }
  }

  /** A channel of which the newest message says everything, open to anybody. */
  newest<Message extends ChannelMessage>(channel: string): NewestStore<Message> {
    return this.of(channel, (socket, onIdle) => new NewestStore<Message>(socket, channel, false, onIdle));
  }

  /** The same for a channel that needs somebody signed in. */
  newestPrivate<Message extends ChannelMessage>(channel: string): NewestStore<Message> {
    return this.of(channel, (socket, onIdle) => new NewestStore<Message>(socket, channel, true, onIdle));
  }

  /** The same for one that is told once a second. */
  steadyPrivate<Message extends ChannelMessage>(channel: string): SteadyStore<Message> {
    return this.of(channel, (socket, onIdle) => new SteadyStore<Message>(socket, channel, true, onIdle));
  }
}
