import type { OuchInstruments } from '#codec/ouch/instruments.ts';
import { AccountQuery, Instrument, InstrumentQuery } from '#codec/ouch/messages.ts';
import { OrderOptions } from '#codec/ouch/order-options.ts';
import { encodeOuch } from '#codec/ouch/plain.ts';
import type { Clock } from '#domain/ports.ts';
import type { OuchUser } from './ouch-user.ts';

const SECONDS_PER_DAY = 86_400;
const NANOS_PER_SECOND = 1_000_000_000;

/** Answers what is answered at once and outside the sequence: the answer is no fact of the log. */
export class OuchQueries {
  declare private readonly instruments: OuchInstruments;
  declare private readonly clock: Clock;
  declare private readonly options: OrderOptions;

  constructor(instruments: OuchInstruments, clock: Clock) {
    this.instruments = instruments;
    this.clock = clock;
    this.options = new OrderOptions();
  }

  /** The answer to an Account Query; undefined when that is malformed. */
  account(user: OuchUser, bytes: Uint8Array, from: number, to: number): Uint8Array | undefined {
    if (!this.options.read(bytes, from + AccountQuery.bytes, to, true)) return undefined;
    this.clock.read();
    const { seconds, nanos } = this.clock;
    return encodeOuch({
      type: 'AccountQueryResponse',
      timestamp: (seconds % SECONDS_PER_DAY) * NANOS_PER_SECOND + nanos,
      nextUserRefNum: user.lastUserRefNum + 1,
    });
  }

  /** The answer to an Instrument Query; undefined when that is malformed. */
  instrument(bytes: Uint8Array, from: number, to: number): Uint8Array | undefined {
    if (to - from !== InstrumentQuery.bytes) return undefined;
    const at = from + InstrumentQuery.at.symbol;
    const instrument = this.instruments.find(bytes, at);
    const answer = encodeOuch({
      type: 'Instrument',
      symbol: '',
      wirePriceDecimals: instrument?.wirePriceDecimals ?? 0,
      tickSize: instrument?.priceFactor ?? 0,
      quantityDecimals: instrument?.qtyDecimals ?? 0,
      lotSize: instrument?.lotSize ?? 0,
      minQuantity: instrument?.minQtyLots ?? 0,
      maxQuantity: instrument?.maxQtyLots ?? 0,
      quoteDecimals: instrument?.quote?.decimals ?? 0,
      quoteAsset: instrument?.quote?.symbol ?? '',
    });
    answer.set(bytes.subarray(at, to), Instrument.at.symbol);
    return answer;
  }
}
