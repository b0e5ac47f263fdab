import type { Static } from 'typebox';
import type { OrdersMessage } from '#codec/json/stream-json.ts';
import type { ApiSocket, ChannelMessage } from '../../api/socket.ts';
import { ChannelStore } from '../channel-store.ts';

type Message = Static<typeof OrdersMessage>;

/** What every user of the account does to its orders, handed on to where they are kept: it shows nothing itself. */
export class OrdersStore extends ChannelStore<undefined> {
  declare private readonly onOrders: (message: Message) => void;

  constructor(socket: ApiSocket, onOrders: (message: Message) => void, onIdle: () => void) {
    super(socket, 'orders', true, onIdle);
    this.onOrders = onOrders;
  }

  protected override receive(message: ChannelMessage): boolean {
    this.onOrders(message as Message);
    return true;
  }

  protected override view(): undefined {
    return undefined;
  }
}
