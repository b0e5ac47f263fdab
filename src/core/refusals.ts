import type { CommandType } from '#domain/commands.ts';
import { CommandRejected, EventType } from '#domain/events.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { EventWriter } from './event-writer.ts';
import type { CoreState } from './state.ts';

const rejected = CommandRejected.at;

/** Answers commands that are refused, and counts the refusals by code. */
export class Refusals {
  readonly #state: CoreState;
  readonly #writer: EventWriter;

  constructor(state: CoreState, writer: EventWriter) {
    this.#state = state;
    this.#writer = writer;
  }

  /** @param tagAt word of the command's clientTag; 0 when it has none */
  refuse(commandType: CommandType, code: number, command: WordBuffer, offset: number, tagAt: number): void {
    const { users, accounts } = this.#state;
    const userId = command.i32[offset + 1];
    const user = users.rowOf(userId);
    const at = this.#writer.begin(
      EventType.CommandRejected,
      CommandRejected.words,
      command.i32[offset + 2],
      userId,
      user === -1 ? 0 : users.nextReport(user),
    );
    const { i32 } = this.#writer.words;
    i32[at + rejected.commandType] = commandType | (code << 16);
    i32[at + rejected.clientOrderId] = command.i32[offset + 3];
    i32[at + rejected.accountId] = user === -1 ? 0 : accounts.accountId(users.accountRow(user));
    if (tagAt === 0) return;
    for (let word = 0; word < 4; word++) i32[at + rejected.clientTag + word] = command.i32[tagAt + word];
  }
}
