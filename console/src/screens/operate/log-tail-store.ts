import type { ApiSocket, ChannelMessage } from '../../api/socket.ts';
import { channels } from '../../console.ts';
import { ChannelStore } from '../../state/channel-store.ts';
import type { EntryView, LogMessage } from './log-views.ts';

/** Items that are kept. */
export const ITEMS_MAX = 500;

export type LogKind = 'orders' | 'administration' | 'sessions' | 'system';

/** An entry, or a place where entries were left out. */
export type LogItem =
  | {
      readonly entry: EntryView;
      readonly kinds: ReadonlySet<LogKind>;
      /** What a filter looks at, in small letters. */
      readonly text: string;
    }
  | { readonly skipped: number; readonly before: number };

const KIND_OF: Readonly<Record<string, LogKind>> = {
  NewOrder: 'orders',
  CancelOrder: 'orders',
  ReplaceOrder: 'orders',
  MassCancel: 'orders',
  OpenSession: 'sessions',
  CloseSession: 'sessions',
  EndSession: 'sessions',
  Tick: 'system',
  Attest: 'system',
};

/** The channel `log`: the newest entries, newest first. After a lost connection it reads on where it was. */
export class LogTailStore extends ChannelStore<readonly LogItem[]> {
  declare private items: readonly LogItem[];
  /** Last entry that was told. */
  declare private sequence: number;
  /** Where to begin, once. */
  declare private from: number | undefined;

  constructor(socket: ApiSocket, onIdle: () => void) {
    super(socket, 'log', true, onIdle);
    this.items = [];
    this.sequence = 0;
    this.from = undefined;
  }

  override params(): object {
    const from = this.from ?? (this.sequence === 0 ? undefined : this.sequence + 1);
    return from === undefined ? {} : { from };
  }

  /** Begins anew, from an entry or with the newest. */
  readFrom(from: number | undefined): void {
    this.items = [];
    this.sequence = 0;
    this.from = from;
    void this.socket.refollow(this);
  }

  protected override receive(message: ChannelMessage): boolean {
    const { entries, skipped, sequence } = message as LogMessage;
    this.from = undefined;
    this.sequence = sequence;
    const newest: LogItem[] = entries.map(itemOf).reverse();
    if (skipped > 0) newest.push({ skipped, before: entries[0]?.sequence ?? sequence + 1 });
    this.items = [...newest, ...this.items].slice(0, ITEMS_MAX);
    return true;
  }

  protected override view(): readonly LogItem[] {
    return this.items;
  }
}

function itemOf(entry: EntryView): LogItem {
  const kinds = new Set(entry.commands.map(({ command }) => KIND_OF[command] ?? 'administration'));
  const words = [
    ...entry.commands.flatMap(({ command, userName, values }) => [
      command,
      userName,
      ...Object.values(values),
    ]),
    ...(entry.events ?? []).flatMap(({ event, userName, values }) => [
      event,
      userName,
      ...Object.values(values),
    ]),
  ];
  return { entry, kinds, text: `${entry.sequence} ${words.join(' ')}`.toLowerCase() };
}

/** The store of the log: one for whoever looks. */
export function logTailStore(): LogTailStore {
  return channels.of('log', (socket, onIdle) => new LogTailStore(socket, onIdle));
}
