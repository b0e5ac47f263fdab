import { ItchFormatError, ItchFrameReader, type ItchHandler } from '#codec/itch/itch-frames.ts';
import { type ItchMessage, ItchType } from '#codec/itch/itch-messages.ts';
import type { ReplayInput } from '../input/byte-source.ts';
import { midnightInNewYork } from '../input/new-york-time.ts';
import { ReplayFileError } from '../replay-error.ts';

const NANOS_PER_SECOND = 1_000_000_000;

const ADVICE =
  "The file must be Nasdaq TotalView-ITCH 5.0 with a two-byte length before each message, as Nasdaq's daily files are; check --format and fetch the file again";

/** What a replay needs of one ITCH message; reused from batch to batch. */
export class ItchAction {
  timeSeconds = 0;
  timeNanos = 0;
  /** Type code; 0 for a message of a type that ITCH 5.0 does not have. */
  type = 0;
  locate = 0;
  orderReference = 0;
  newOrderReference = 0;
  side = 0;
  shares = 0;
  price = 0;
  printable = 0;
  tradingState = 0;
  stockHigh = 0;
  stockLow = 0;
}

/**
 * Seconds from the Unix epoch to midnight in New York of the day that a file name tells: YYYYMMDD or, as Nasdaq
 * names its files, MMDDYYYY. The messages carry no date; 0 when the name has none either.
 */
export function itchMidnight(baseName: string): number {
  for (const [digits] of baseName.matchAll(/(?<!\d)\d{8}(?!\d)/g)) {
    const candidates = [
      `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`,
      `${digits.slice(4)}-${digits.slice(0, 2)}-${digits.slice(2, 4)}`,
    ];
    for (const date of candidates) {
      if (/^(19|20)/.test(date) && midnightInNewYork(date) !== 0) return midnightInNewYork(date);
    }
  }
  return 0;
}

/** Collects the messages of one chunk. */
class ActionBatch implements ItchHandler {
  declare readonly reader: ItchFrameReader;
  declare private readonly pool: ItchAction[];
  declare private readonly midnightSeconds: number;
  declare private count: number;
  /** Time of the newest message whose time is known. */
  declare private lastSeconds: number;
  declare private lastNanos: number;

  constructor(midnightSeconds: number) {
    this.reader = new ItchFrameReader(this);
    this.pool = [];
    this.midnightSeconds = midnightSeconds;
    this.count = 0;
    this.lastSeconds = midnightSeconds;
    this.lastNanos = 0;
  }

  /** @throws ItchFormatError for an order of stock locate 0: by it we know which stock a message is of */
  onItchMessage(message: ItchMessage): void {
    const { type } = message;
    const isOrder = type === ItchType.AddOrder || type === ItchType.AddOrderAttributed;
    if (isOrder && message.stockLocate === 0) {
      throw new ItchFormatError(this.reader.offset, 'an order of stock locate 0, which no stock has');
    }
    const action = this.#add();
    const seconds = Math.floor(message.timeNs / NANOS_PER_SECOND);
    this.lastSeconds = this.midnightSeconds + seconds;
    this.lastNanos = message.timeNs - seconds * NANOS_PER_SECOND;
    action.timeSeconds = this.lastSeconds;
    action.timeNanos = this.lastNanos;
    action.type = type;
    action.locate = message.stockLocate;
    action.orderReference = message.orderReference;
    action.newOrderReference = message.newOrderReference;
    action.side = message.side;
    action.shares = message.shares;
    action.price = message.price;
    action.printable = message.printable;
    action.tradingState = message.tradingState;
    action.stockHigh = message.stockHigh;
    action.stockLow = message.stockLow;
  }

  /** @throws ItchFormatError when the stream begins with it: that is no ITCH */
  onUnknownItchType(type: number): void {
    if (this.reader.offset === 0) {
      const name = JSON.stringify(String.fromCharCode(type));
      throw new ItchFormatError(0, `the first message has type ${name}, which ITCH 5.0 does not have`);
    }
    const action = this.#add();
    action.type = 0;
    action.locate = type;
    action.timeSeconds = this.lastSeconds;
    action.timeNanos = this.lastNanos;
  }

  /** The actions since the last call; valid until the next chunk. */
  take(): readonly ItchAction[] {
    const batch = this.pool.slice(0, this.count);
    this.count = 0;
    return batch;
  }

  #add(): ItchAction {
    if (this.count === this.pool.length) this.pool.push(new ItchAction());
    return this.pool[this.count++];
  }
}

/**
 * Reads a recorded ITCH 5.0 file in chunks; never holds more than one.
 * @throws ReplayFileError for a damaged stream, with the offset of the message
 */
export async function* readItch(
  input: ReplayInput,
  onBytes: (bytes: number) => void,
): AsyncGenerator<readonly ItchAction[]> {
  const batch = new ActionBatch(itchMidnight(input.baseName));
  const { reader } = batch;
  try {
    for await (const chunk of input.chunks(onBytes)) {
      reader.push(chunk);
      yield batch.take();
    }
    reader.end();
  } catch (cause) {
    if (!(cause instanceof ItchFormatError)) throw cause;
    throw new ReplayFileError(input.name, { offset: cause.offset }, cause.message, ADVICE, { cause });
  }
}
