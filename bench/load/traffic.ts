import { SALT_BYTES } from '#gateways/identity/password.ts';
import type { LoadConnection } from './client.ts';

/** Password of every user of a venue under load. */
export const LOAD_PASSWORD = 'bench';
/** Its salt: clients that sign their bearer tokens themselves name the password by it. */
export const LOAD_SALT = new Uint8Array(SALT_BYTES).fill(7);
/** The wire's price of one tick of the venue's instrument: it has two decimals, the wire four. */
const WIRE_TICK = 100;
const MIDDLE_WIRE_PRICE = 1_000_000;

/**
 * Users who trade with each other: every other one buys, the rest sell, one lot at one price, so that every second
 * order trades and the book stays shallow however long it goes on. With one connection all orders rest.
 */
export function tradingConnections(count: number): LoadConnection[] {
  return Array.from({ length: count }, (_, i) => ({
    username: `U${i + 1}`,
    password: LOAD_PASSWORD,
    lastRefNum: 0,
    buy: i % 2 === 0,
    symbol: 'BENCH',
    price: MIDDLE_WIRE_PRICE,
    prices: 1,
    priceStep: 0,
    quantity: 1,
  }));
}

/** Users whose buy orders rest, over 5,000 prices. */
export function restingConnections(count: number, lastRefNum: number): LoadConnection[] {
  return tradingConnections(count).map((connection) => ({
    ...connection,
    lastRefNum,
    buy: true,
    prices: 5_000,
    priceStep: WIRE_TICK,
  }));
}
