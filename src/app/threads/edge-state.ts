import { randomInt } from 'node:crypto';
import { AccountAdded, EventType } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import type { ArchiveQueries, CommandSink, FollowingSink } from '#domain/ports.ts';
import { AccessControl } from '#gateways/identity/access-control.ts';
import { HmacSecrets } from '#gateways/identity/hmac-secrets.ts';
import { nodeSecretsKey, nodeSigningKey } from '#gateways/identity/node-keys.ts';
import { UserDirectory } from '#gateways/identity/user-directory.ts';
import { Administration } from '#gateways/orders/administration.ts';
import { EdgeSessions } from '#gateways/orders/edge-sessions.ts';
import { OrderDesk } from '#gateways/orders/order-desk.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { LiveMarketViews } from '#projections/market-views/live-market-views.ts';
import { ReportReader } from '#projections/reports/report-reader.ts';
import type { StatusBoard } from '#replica/status-board.ts';
import { NodeSessions } from '../node-sessions.ts';
import type { EdgeThreadData } from './messages.ts';
import { PastTradesReader } from './past-trades.ts';

/** How often answers that are overdue are given up. */
const SWEEP_MS = 250;
/** How often the views are told the time. */
const TIME_MS = 1_000;

/** What all doors of the edge share: what is known from events, who may do what, and where commands are handed in. */
export class EdgeState implements FollowingSink {
  /** Where commands are handed in. */
  declare readonly commands: CommandSink;
  declare readonly views: LiveMarketViews;
  declare readonly directory: UserDirectory;
  declare readonly access: AccessControl;
  declare readonly desk: OrderDesk;
  declare readonly administration: Administration;
  declare readonly sessions: EdgeSessions;
  /** Numbers of all accounts, in the order in which they were added. */
  declare readonly accountIds: ReadonlySet<number>;
  declare private readonly accounts: Set<number>;
  declare private readonly pastTrades: PastTradesReader;
  /** The desk comes behind the views: an answer may name what they have just learned. An open session may be used: that comes last. */
  declare private readonly sinks: readonly FollowingSink[];

  constructor(data: EdgeThreadData, commands: CommandSink, board: StatusBoard, archive: ArchiveQueries) {
    const { nodeId, dataDirectory, reportDirectory, access } = data;
    this.commands = commands;
    this.views = new LiveMarketViews();
    this.pastTrades = new PastTradesReader(this.views, archive);
    this.directory = new UserDirectory();
    this.accounts = new Set();
    this.accountIds = this.accounts;
    this.access = new AccessControl(this.directory, {
      ...access,
      nodeId,
      signingKey: nodeSigningKey(dataDirectory),
      readSigningKey: () => nodeSigningKey(dataDirectory),
      secrets: new HmacSecrets(dataDirectory, nodeSecretsKey(dataDirectory)),
    });
    const desk = new OrderDesk({
      sink: commands,
      archive,
      store: new ReportReader({ directory: reportDirectory, progress: board }),
      firstRequestNumber: randomInt(1, Limits.ID_MAX),
    });
    this.desk = desk;
    this.administration = new Administration({
      sink: commands,
      nextRequestNumber: () => desk.nextRequestNumber(),
    });
    this.sessions = new EdgeSessions(commands, new NodeSessions(nodeId, data.sessionNames));
    this.sinks = [this.views, this.directory, this.administration, desk, this.sessions];
    setInterval(() => this.administration.sweep(), SWEEP_MS).unref();
    setInterval(() => this.#passTime(), TIME_MS).unref();
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16)
      if ((i32[at] & 0xff) === EventType.AccountAdded) this.accounts.add(i32[at + AccountAdded.at.accountId]);
    for (const sink of this.sinks) sink.onEvents(words, from, to);
    this.views.flush();
  }

  onRestart(): void {
    for (const sink of this.sinks) sink.onRestart();
  }

  onImage(sequence: number): void {
    for (const sink of this.sinks) sink.onImage(sequence);
    this.views.flush();
    void this.pastTrades.fill();
  }

  #passTime(): void {
    this.views.passTime(Math.floor(Date.now() / 1_000));
    this.views.flush();
  }
}
