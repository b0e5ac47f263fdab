import type { TradingCore } from '#core/trading-core.ts';
import { CloseSession, CommandType } from '#domain/commands.ts';
import type { CommandSink } from '#domain/ports.ts';

/** Ends the open sessions of the nodes named, by commands: their users' cancel-on-disconnect is still to be honoured. */
export function closeSessions(
  core: TradingCore,
  isOf: (nodeId: number) => boolean,
  outbox: CommandSink,
): void {
  const { sessions, users } = core.state;
  for (let row = 0; row < sessions.count; row++) {
    const nodeId = sessions.nodeId[row];
    if (!isOf(nodeId)) continue;
    const at = outbox.reserve(CloseSession.words);
    // The next turn, or the next call, has room again.
    if (at === -1) return;
    const { i32 } = outbox.words;
    i32[at] = CommandType.CloseSession | (CloseSession.words << 16);
    i32[at + CloseSession.at.userId] = users.userId(sessions.userRow[row]);
    i32[at + CloseSession.at.sessionId] = sessions.sessionId[row];
    i32[at + CloseSession.at.nodeId] = nodeId;
  }
}
