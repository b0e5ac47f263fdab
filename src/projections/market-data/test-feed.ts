import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ItchFrameReader } from '#codec/itch/itch-frames.ts';
import { alphaText, type ItchMessage } from '#codec/itch/itch-messages.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import type { FeedLog } from './feed-log.ts';
import { MarketDataFeed, type MarketDataFeedOptions } from './market-data-feed.ts';
import { TestVenue } from './test-venue.ts';

/** A message as one line of text: type, then the fields that say something. */
function text(m: ItchMessage): string {
  const code = (value: number): string => String.fromCharCode(value).trim();
  const stock = alphaText(m.stockHigh, m.stockLow);
  switch (String.fromCharCode(m.type)) {
    case 'S':
      return `S ${code(m.eventCode)}`;
    case 'R':
      return `R ${m.stockLocate} ${stock}`;
    case 'v':
      return `v ${m.stockLocate} ${m.priceDecimals}/${m.qtyDecimals} tick ${m.tickSize} lot ${m.lotSize}`;
    case 'H':
      return `H ${m.stockLocate} ${code(m.tradingState)} ${alphaText(m.reason)}`.trim();
    case 'A':
      return `A ${m.orderReference} ${code(m.side)} ${m.shares}@${m.price}`;
    case 'E':
      return `E ${m.orderReference} ${m.shares} match ${m.matchNumber}`;
    case 'C':
      return `C ${m.orderReference} ${m.shares}@${m.price} ${code(m.printable)} match ${m.matchNumber}`;
    case 'X':
      return `X ${m.orderReference} ${m.shares}`;
    case 'D':
      return `D ${m.orderReference}`;
    case 'U':
      return `U ${m.orderReference} ${m.newOrderReference} ${m.shares}@${m.price}`;
    case 'Q':
      return `Q ${m.stockLocate} ${m.shares}@${m.price} ${code(m.crossType)} match ${m.matchNumber}`;
    case 'B':
      return `B ${m.stockLocate} match ${m.matchNumber}`;
    case 'I':
      return `I ${m.stockLocate} ${m.pairedShares}/${m.imbalanceShares} ${code(m.imbalanceDirection)} @${m.nearPrice} ${code(m.crossType)}`;
    case 'G':
      return `G ${m.nextSequence}`;
    default:
      throw new Error(`unexpected message ${m.type}`);
  }
}

/** Messages of a session from a number on, as lines of text. */
export function messagesOf(log: FeedLog, fromSequence = 1): string[] {
  const lines: string[] = [];
  const reader = new ItchFrameReader({
    onItchMessage: (message) => lines.push(text(message)),
    onUnknownItchType: (type) => assert.fail(`unknown type ${type}`),
  });
  const chunk = new Uint8Array(1_000);
  let offset = log.offsetOf(fromSequence);
  for (let bytes = log.readAt(offset, chunk); bytes > 0; bytes = log.readAt(offset, chunk)) {
    reader.push(chunk.subarray(0, bytes));
    offset += bytes;
  }
  reader.end();
  return lines;
}

/** A snapshot of the feed, whole. */
export function snapshotOf(feed: MarketDataFeed): FeedLog {
  const snapshot = feed.snapshot();
  while (feed.step());
  return snapshot;
}

/** A feed over a venue, with what it logs and what it says since the last look. */
export function openFeed(
  t: TestContext,
  options: Partial<MarketDataFeedOptions> = {},
): { venue: TestVenue; feed: MarketDataFeed; lines: string[]; directory: string; fresh: () => string[] } {
  const directory = temporaryDirectory('feed');
  const lines: string[] = [];
  let sessions = 0;
  const venue = new TestVenue();
  const feed = new MarketDataFeed({
    directory,
    orders: venue,
    nextSession: () => `T${++sessions}`,
    log: (line) => lines.push(line),
    ...options,
  });
  t.after(() => {
    feed.close();
  });
  let seen = 0;
  /** Delivers what the venue emitted and returns the messages that are new. */
  const fresh = (): string[] => {
    venue.deliver(feed);
    const from = seen + 1;
    seen = feed.session.readableSequence;
    return messagesOf(feed.session, from);
  };
  return { venue, feed, lines, directory, fresh };
}
