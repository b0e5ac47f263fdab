import type { StatementSync } from 'node:sqlite';
import { CommandType, NewOrder, ReplaceOrder } from '#domain/commands.ts';
import { CommandRejected } from '#domain/events.ts';
import { REGULATORY_FIELDS } from '#domain/regulatory-fields.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { readRegulatoryFields } from '../regulatory-words.ts';
import type { EntryCommands } from './entry-commands.ts';
import type { EventMoment } from './event-moment.ts';
import type { HistoryDatabase } from './history-database.ts';
import { insertInto } from './history-schema.ts';
import { textOf, textPlace } from './order-rows.ts';

const CLIENT_TAG = textPlace(CommandRejected, 'clientTag');

/** Writes orders, and replacements of orders, that were refused. Their terms are in the command alone. */
export class RefusedOrderWriter {
  declare private readonly moment: EventMoment;
  declare private readonly commands: EntryCommands;
  declare private readonly insert: StatementSync;
  declare private readonly regulatory: Float64Array;

  constructor(database: HistoryDatabase, moment: EventMoment, commands: EntryCommands) {
    this.moment = moment;
    this.commands = commands;
    this.insert = database.prepare(insertInto('rejections'));
    this.regulatory = new Float64Array(REGULATORY_FIELDS.length);
  }

  /** A CommandRejected of a NewOrder or ReplaceOrder. */
  refused(words: WordBuffer, at: number): void {
    const { i32 } = words;
    const { sequence, position, timeSeconds, timeNanos } = this.moment;
    const commandType = i32[at + CommandRejected.at.commandType] & 255;
    const userId = i32[at + 6] >>> 0;
    const clientOrderId = i32[at + CommandRejected.at.clientOrderId] >>> 0;
    const command = this.commands.next(commandType, userId, clientOrderId);
    const isNew = commandType === CommandType.NewOrder;
    const terms = isNew ? { ...NO_ORIGINAL, ...NewOrder.at } : { ...NO_TERMS, ...ReplaceOrder.at };
    const source = this.commands.memory;
    const word = (offset: number): number =>
      offset === 0 || command === -1 ? 0 : source.i32[command + offset];
    const lots = (offset: number): number =>
      offset === 0 || command === -1 ? 0 : integerOr0(source.f64[(command + offset) >> 1]);
    const attributes = word(terms.side);
    this.regulatory.fill(0);
    if (command !== -1) readRegulatoryFields(source, command, this.regulatory, 0);
    this.insert.run(
      sequence,
      position,
      timeSeconds,
      timeNanos,
      userId,
      i32[at + CommandRejected.at.accountId],
      i32[at + 1] >>> 0,
      commandType,
      clientOrderId,
      i32[at + CommandRejected.at.rejectCode] >>> 16,
      attributes & 255,
      (attributes >> 8) & 255,
      (attributes >> 16) & 255,
      attributes >>> 24,
      word(terms.priceTicks),
      word(terms.stopPriceTicks),
      word(terms.expireSeconds) >>> 0,
      lots(terms.qtyLots),
      lots(terms.displayQtyLots),
      lots(terms.minQtyLots),
      ...this.regulatory,
      word(terms.originalClientOrderId) >>> 0,
      textOf(words, at, CLIENT_TAG),
    );
  }
}

/** Fields that only a new order has: offset 0 stands for "none". */
const NO_TERMS = { side: 0, minQtyLots: 0 } as const;
/** The field that only a replace has. */
const NO_ORIGINAL = { originalClientOrderId: 0 } as const;

/** A refused order may have any number where a quantity should be; the table has integers. */
function integerOr0(value: number): number {
  return Number.isSafeInteger(value) ? value : 0;
}
