import type { DemoOrder, Listing, OrderDesk, Strategy } from './participant.ts';

/** A source of fractions, 0 up to 1. */
export type Random = () => number;

const PPM = 1_000_000;
const LEVELS = 3;
/** A quote moves when it is this share of the half spread away from where it should be. */
const MOVE_SHARE = 0.2;

/** `count` lots or so: between half and one and a half. */
function around(random: Random, lots: number): number {
  return Math.max(1, Math.round(lots * (0.5 + random())));
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)];
}

/** What a participant bought less what it sold, in lots, by symbol; from the reports of its orders. */
class Inventory {
  declare private readonly lots: Map<string, number>;
  declare private readonly seenLots: WeakMap<DemoOrder, number>;

  constructor() {
    this.lots = new Map();
    this.seenLots = new WeakMap();
  }

  of(listing: Listing): number {
    return this.lots.get(listing.symbol) ?? 0;
  }

  note(order: DemoOrder): void {
    const newLots = order.doneLots - (this.seenLots.get(order) ?? 0);
    if (newLots === 0) return;
    this.seenLots.set(order, order.doneLots);
    const sign = order.side === 'B' ? 1 : -1;
    this.lots.set(order.listing.symbol, this.of(order.listing) + sign * newLots);
  }
}

/** Where a maker stands on one level of one side of a book. */
interface Quote {
  readonly listing: Listing;
  readonly side: 'B' | 'S';
  readonly level: number;
  order: DemoOrder | undefined;
}

/** Quotes both sides of every instrument on three levels and follows the fair price; leans against its inventory. */
export class MarketMaker implements Strategy {
  declare private readonly random: Random;
  declare private readonly quotes: Quote[];
  declare private readonly inventory: Inventory;

  constructor(listings: readonly Listing[], random: Random) {
    this.random = random;
    this.inventory = new Inventory();
    this.quotes = listings.flatMap((listing) =>
      (['B', 'S'] as const).flatMap((side) =>
        Array.from({ length: LEVELS }, (_, level) => ({ listing, side, level, order: undefined })),
      ),
    );
  }

  act(desk: OrderDesk, nowSeconds: number): void {
    const quote = pick(this.random, this.quotes);
    const { listing, side, level, order } = quote;
    if (order?.pending === true) return;
    const fair = listing.fair.at(nowSeconds);
    const spread = (fair * listing.halfSpreadPpm) / PPM;
    const lean = (this.inventory.of(listing) / (listing.unitLots * 100)) * spread * 0.5;
    const distance = Math.max(1, spread * (1 + level * 0.8 + this.random() * 0.2));
    const target = fair - Math.max(-spread, Math.min(spread, lean)) + (side === 'B' ? -distance : distance);
    const priceTicks = Math.max(1, side === 'B' ? Math.floor(target) : Math.ceil(target));
    const openLots = around(this.random, listing.unitLots * 10 * (level + 1));
    if (order === undefined || order.openLots === 0) {
      quote.order = desk.enter(listing, {
        side,
        quantity: openLots,
        priceTicks,
        options: { postOnly: 'P', timeInForce: '1' },
      });
    } else if (Math.abs(order.priceTicks - priceTicks) > spread * MOVE_SHARE || this.random() < 0.1) {
      desk.replace(order, priceTicks, openLots);
    }
  }

  onOrder(order: DemoOrder): void {
    this.inventory.note(order);
  }

  onConnected(): void {
    for (const quote of this.quotes) quote.order = undefined;
  }
}

/** Takes a little now and then; the more it holds, the likelier it sells. */
export class Taker implements Strategy {
  declare private readonly listings: readonly Listing[];
  declare private readonly random: Random;
  declare private readonly inventory: Inventory;

  constructor(listings: readonly Listing[], random: Random) {
    this.listings = listings;
    this.random = random;
    this.inventory = new Inventory();
  }

  act(desk: OrderDesk, nowSeconds: number): void {
    const listing = pick(this.random, this.listings);
    const held = this.inventory.of(listing) / (listing.unitLots * 200);
    const side = this.random() + held > 0.5 ? 'S' : 'B';
    const reach = (listing.halfSpreadPpm * 4) / PPM;
    const limit = listing.fair.at(nowSeconds) * (side === 'B' ? 1 + reach : 1 - reach);
    desk.enter(listing, {
      side,
      quantity: around(this.random, listing.unitLots * 2),
      priceTicks: Math.max(1, Math.round(limit)),
      timeInForce: '3',
    });
  }

  onOrder(order: DemoOrder): void {
    this.inventory.note(order);
  }

  onConnected(): void {}
}

/** Works one large order at a time in each instrument, as an iceberg at the top of the book. */
export class IcebergTrader implements Strategy {
  declare private readonly random: Random;
  declare private readonly works: {
    readonly listing: Listing;
    side: 'B' | 'S';
    order: DemoOrder | undefined;
  }[];

  constructor(listings: readonly Listing[], random: Random) {
    this.random = random;
    this.works = listings.map((listing) => ({ listing, side: 'B', order: undefined }));
  }

  act(desk: OrderDesk, nowSeconds: number): void {
    const work = pick(this.random, this.works);
    const { listing, order } = work;
    if (order?.pending === true) return;
    const edge = (listing.fair.at(nowSeconds) * listing.halfSpreadPpm * 0.8) / PPM;
    const fair = listing.fair.at(nowSeconds);
    const shown = listing.unitLots * 3;
    if (order === undefined || order.openLots === 0) {
      work.side = work.side === 'B' ? 'S' : 'B';
      const priceTicks = Math.max(1, Math.round(work.side === 'B' ? fair - edge : fair + edge));
      work.order = desk.enter(listing, {
        side: work.side,
        quantity: shown * 10,
        priceTicks,
        options: { maxFloor: shown, timeInForce: '1' },
      });
    } else {
      const priceTicks = Math.max(1, Math.round(work.side === 'B' ? fair - edge : fair + edge));
      if (Math.abs(priceTicks - order.priceTicks) <= edge) return;
      desk.replace(order, priceTicks, order.openLots, Math.min(shown, order.openLots));
    }
  }

  onOrder(): void {}

  onConnected(): void {
    for (const work of this.works) work.order = undefined;
  }
}
