import type { CommandType } from '#domain/commands.ts';
import { CommandRejected, EventType } from '#domain/events.ts';
import { WORD_OFFSET_MASK, type WordBuffer } from '#lib/word-buffer.ts';
import type { EventWriter } from './event-writer.ts';
import type { CoreState } from './state.ts';

const MASK = WORD_OFFSET_MASK;
const REJECTED_TYPE = EventType.CommandRejected;
const REJECTED_WORDS = CommandRejected.words;
const {
  commandType: REJECTED_COMMAND_TYPE,
  clientOrderId: REJECTED_CLIENT_ORDER_ID,
  accountId: REJECTED_ACCOUNT_ID,
  clientTag: REJECTED_CLIENT_TAG,
} = CommandRejected.at;

/** Answers commands that are refused. */
export class Refusals {
  declare private readonly state: CoreState;
  declare private readonly writer: EventWriter;

  constructor(state: CoreState, writer: EventWriter) {
    this.state = state;
    this.writer = writer;
  }

  /** @param tagAt word of the command's clientTag; 0 when it has none */
  refuse(commandType: CommandType, code: number, command: WordBuffer, offset: number, tagAt: number): void {
    this.#write(commandType, code, command, offset, tagAt, true);
  }

  /** Of a command that a node gave for the user, who has not asked for anything: it is no report. */
  refuseNode(commandType: CommandType, code: number, command: WordBuffer, offset: number): void {
    this.#write(commandType, code, command, offset, 0, false);
  }

  #write(
    commandType: CommandType,
    code: number,
    command: WordBuffer,
    offset: number,
    tagAt: number,
    isReport: boolean,
  ): void {
    const { users, accounts } = this.state;
    const source = command.i32;
    const from = offset & MASK;
    const userId = source[from + 1];
    const user = users.rowOf(userId);
    const number = isReport && user !== -1 ? users.nextReport(user) : 0;
    const at = this.writer.beginRaw(REJECTED_TYPE, REJECTED_WORDS, source[from + 2], userId, number) & MASK;
    const { i32 } = this.writer.words;
    i32[at + REJECTED_COMMAND_TYPE] = commandType | (code << 16);
    i32[at + REJECTED_CLIENT_ORDER_ID] = source[from + 3];
    i32[at + REJECTED_ACCOUNT_ID] = user === -1 ? 0 : accounts.accountId(users.accountRow(user));
    this.writer.copyTag(source, tagAt, at + REJECTED_CLIENT_TAG);
  }
}
