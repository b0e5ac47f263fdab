import type { Problem } from '../api/problem.ts';
import type { ApiSocket, ChannelMessage, Follower } from '../api/socket.ts';
import { Store } from './store.ts';

/** What is shown of a channel. */
export interface Live<Value> {
  /** Undefined: nothing has come yet. */
  readonly value: Value | undefined;
  /** There is a value, and it is not kept up to date now. */
  readonly isStale: boolean;
  /** Why it cannot be followed. */
  readonly problem: Problem | undefined;
}

/** Of a channel that is told once a second: what was said longer ago is old. */
export const SILENT_MS_MAX = 5_000;
/** A channel is left this long after the last one who looked has gone: whoever comes back soon finds it as it was. */
const LEAVE_MS = 2_000;

/** A channel of the WebSocket as a store: followed while somebody looks, marked as stale at once when the connection is lost. */
export abstract class ChannelStore<Value> extends Store<Live<Value>> implements Follower {
  declare readonly channel: string;
  declare readonly isPrivate: boolean;
  declare protected readonly socket: ApiSocket;
  declare private isStale: boolean;
  declare private problem: Problem | undefined;
  declare private value: Value | undefined;
  declare private isChanged: boolean;
  declare private leaveTimer: ReturnType<typeof setTimeout> | undefined;
  declare private silentTimer: ReturnType<typeof setTimeout> | undefined;
  declare private isActive: boolean;
  /** Called when nobody looks any more. */
  declare private readonly onIdle: () => void;

  constructor(socket: ApiSocket, channel: string, isPrivate: boolean, onIdle: () => void) {
    super({ value: undefined, isStale: false, problem: undefined });
    this.socket = socket;
    this.channel = channel;
    this.isPrivate = isPrivate;
    this.onIdle = onIdle;
    this.isStale = true;
    this.problem = undefined;
    this.value = undefined;
    this.isChanged = false;
    this.leaveTimer = undefined;
    this.silentTimer = undefined;
    this.isActive = false;
  }

  params(): object {
    return {};
  }

  /** For channels that say nothing at first. */
  onFollowing(_result: object): void {}

  onMessage(message: ChannelMessage): void {
    if (this.receive(message)) this.refresh();
  }

  onStale(): void {
    this.isStale = true;
    this.invalidate();
  }

  onProblem(problem: Problem): void {
    this.problem = problem;
    this.invalidate();
  }

  /** After this time without a message what was said is old; undefined: the channel speaks only of changes. */
  protected get silentMsMax(): number | undefined {
    return undefined;
  }

  /** What was taken in is up to date, and is to be shown. */
  protected refresh(): void {
    clearTimeout(this.silentTimer);
    if (this.silentMsMax !== undefined && this.isActive)
      this.silentTimer = setTimeout(() => this.onStale(), this.silentMsMax);
    this.isStale = false;
    this.problem = undefined;
    this.isChanged = true;
    this.invalidate();
  }

  /** Takes in a message; false: it does not fit what came before, and was not taken. */
  protected abstract receive(message: ChannelMessage): boolean;

  /** What is shown of all that was taken in. Called at most once in a frame. */
  protected abstract view(): Value | undefined;

  protected override build(): Live<Value> {
    const { problem } = this;
    if (this.isChanged) this.value = this.view();
    this.isChanged = false;
    const isStale = this.isStale && this.value !== undefined;
    const before = this.get();
    const isSame = before.value === this.value && before.isStale === isStale && before.problem === problem;
    return isSame ? before : { value: this.value, isStale, problem };
  }

  protected override onFollowed(): void {
    clearTimeout(this.leaveTimer);
    if (this.isActive) return;
    this.isActive = true;
    this.socket.follow(this);
  }

  protected override onLeft(): void {
    this.leaveTimer = setTimeout(() => {
      this.isActive = false;
      clearTimeout(this.silentTimer);
      this.socket.unfollow(this);
      this.onIdle();
    }, LEAVE_MS);
  }
}

/** A channel of which the newest message says everything. */
export class NewestStore<Message extends ChannelMessage> extends ChannelStore<Message> {
  declare private newest: Message | undefined;

  constructor(socket: ApiSocket, channel: string, isPrivate: boolean, onIdle: () => void) {
    super(socket, channel, isPrivate, onIdle);
    this.newest = undefined;
  }

  protected override receive(message: ChannelMessage): boolean {
    this.newest = message as Message;
    return true;
  }

  protected override view(): Message | undefined {
    return this.newest;
  }
}

/** The same of a channel that is told once a second, whether or not anything has changed. */
export class SteadyStore<Message extends ChannelMessage> extends NewestStore<Message> {
  protected override get silentMsMax(): number {
    return SILENT_MS_MAX;
  }
}
