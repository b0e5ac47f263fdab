import type { Static } from 'typebox';
import type { BookMessage } from '#codec/json/stream-json.ts';
import type { ApiSocket, ChannelMessage } from '../../api/socket.ts';
import { crc32 } from '../../lib/crc32.ts';
import { ChannelStore } from '../channel-store.ts';

/** One price of one side. */
export interface Level {
  readonly price: string;
  readonly quantity: string;
  readonly orders: number;
  /** The price and quantity as numbers, for order and for drawing. */
  readonly at: number;
  readonly size: number;
}

export interface BookView {
  /** Best first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly sequence: number;
}

type Message = Static<typeof BookMessage>;

const DEPTH = 100;
/** Levels of each side that the checksum covers. */
const CHECKED_LEVELS = 25;

/** The best levels of a book: a snapshot and what has changed since, each state verified by its checksum. */
export class BookStore extends ChannelStore<BookView> {
  declare private readonly bids: Level[];
  declare private readonly asks: Level[];
  declare private sequence: number;
  /** Times that a state did not fit its checksum or its number, and the book was begun anew. */
  declare faults: number;

  constructor(socket: ApiSocket, symbol: string, onIdle: () => void) {
    super(socket, `book.${symbol}`, false, onIdle);
    this.bids = [];
    this.asks = [];
    this.sequence = -1;
    this.faults = 0;
  }

  override params(): object {
    return { depth: DEPTH };
  }

  override onStale(): void {
    // Whatever comes next must be a snapshot.
    this.sequence = -1;
    super.onStale();
  }

  protected override receive(message: ChannelMessage): boolean {
    const { type, previousSequence, sequence, checksum, bids, asks } = message as Message;
    if (type === 'snapshot') {
      this.bids.length = 0;
      this.asks.length = 0;
    } else if (this.sequence === -1) return false;
    else if (previousSequence !== this.sequence) return this.#begin();
    apply(this.bids, bids, -1);
    apply(this.asks, asks, 1);
    this.sequence = sequence;
    return checksumOf(this.bids, this.asks) === checksum || this.#begin();
  }

  protected override view(): BookView {
    return { bids: this.bids.slice(), asks: this.asks.slice(), sequence: this.sequence };
  }

  #begin(): false {
    this.faults++;
    void this.socket.refollow(this);
    return false;
  }
}

/** @param direction 1: lowest price first; -1: highest first */
function apply(levels: Level[], changes: Message['bids'], direction: 1 | -1): void {
  for (const [price, quantity, orders] of changes) {
    const at = Number(price);
    const index = placeOf(levels, at, direction);
    const isThere = levels[index]?.at === at;
    if (orders === 0) {
      if (isThere) levels.splice(index, 1);
    } else levels.splice(index, isThere ? 1 : 0, { price, quantity, orders, at, size: Number(quantity) });
  }
  if (levels.length > DEPTH) levels.length = DEPTH;
}

/** Where a price is or would be. */
function placeOf(levels: readonly Level[], at: number, direction: 1 | -1): number {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((levels[middle].at - at) * direction < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** As docs/market-views.md specifies it. */
function checksumOf(bids: readonly Level[], asks: readonly Level[]): number {
  return crc32(`${sideText(bids)}|${sideText(asks)}`);
}

function sideText(levels: readonly Level[]): string {
  let text = '';
  for (let n = 0; n < levels.length && n < CHECKED_LEVELS; n++)
    text += `${n === 0 ? '' : ','}${levels[n].price}:${levels[n].quantity}`;
  return text;
}
