import { fileURLToPath } from 'node:url';
import { CORE_VERSION_MAX } from '#core/core-version.ts';
import type { ArchiveQueries, FollowingSink } from '#domain/ports.ts';
import { BinanceDoor } from '#gateways/binance/binance-door.ts';
import { readConsoleFiles } from '#gateways/console/console-files.ts';
import { ConsolePages } from '#gateways/console/console-pages.ts';
import type { AccessControl } from '#gateways/identity/access-control.ts';
import { TlsFiles } from '#gateways/listener/tls-files.ts';
import { commandRoutes } from '#gateways/rest/command-routes.ts';
import { Commands } from '#gateways/rest/commands.ts';
import { verificationRoutes } from '#gateways/rest/copy-routes.ts';
import { HttpServer } from '#gateways/rest/http-server.ts';
import { HttpTimes } from '#gateways/rest/http-times.ts';
import { loginRoutes } from '#gateways/rest/login-routes.ts';
import { replayRoutes } from '#gateways/rest/replay-routes.ts';
import { restRoutes } from '#gateways/rest/rest-routes.ts';
import type { Route } from '#gateways/rest/routes.ts';
import type { RestSources } from '#gateways/rest/sources.ts';
import { StatusPage } from '#gateways/status/status-page.ts';
import { asyncApiDocument } from '#gateways/websocket/asyncapi.ts';
import type { VenueChannel } from '#gateways/websocket/venue-channels.ts';
import { replayChannel, riskChannel, statusChannel } from '#gateways/websocket/venue-views.ts';
import { WebSocketDoor } from '#gateways/websocket/websocket-door.ts';
import { ReportSearch } from '#projections/reports/report-search.ts';
import { LogReceiptReader } from '../log-receipts.ts';
import { CopiesClient } from '../operate/copies-client.ts';
import { EventCounts } from '../operate/event-counts.ts';
import { operateChannels } from '../operate/operate-channels.ts';
import { ReplayDesk } from '../replay/replay-desk.ts';
import type { EdgeDoor, EdgeServices } from './edge.ts';
import type { EdgeState } from './edge-state.ts';
import { openLogChannels } from './log-channels.ts';
import type { EdgeThreadData, HttpSettings } from './messages.ts';
import type { Figures } from './thread-figures.ts';
import { threadLog } from './thread-log.ts';

/** Where scripts/build-console.ts puts the web console. */
const CONSOLE_DIRECTORY = fileURLToPath(new URL('../../../dist/console', import.meta.url));

/** The HTTP door of the edge, and the WebSocket on its port: the servers, and where their answers come from. */
export class HttpDoor implements EdgeDoor {
  declare readonly webSocket: WebSocketDoor;
  /** What it is to be given of events, beside the accounts and orders of the WebSocket. */
  declare readonly sinks: readonly FollowingSink[];
  declare private readonly copies: CopiesClient;
  declare private readonly replays: ReplayDesk;
  declare readonly status: StatusPage;
  declare private readonly access: AccessControl;
  declare private readonly server: HttpServer;
  declare private readonly routes: readonly Route[];
  declare private readonly binance: BinanceDoor;

  constructor(
    data: EdgeThreadData,
    http: HttpSettings,
    state: EdgeState,
    archive: ArchiveQueries,
    { board, hasAllEvents, onClient, status }: Omit<EdgeServices, 'commands'>,
  ) {
    const { nodeId, logDirectory, connectionsPerAddressMax } = data;
    const startedMs = performance.now();
    this.access = state.access;
    this.server = new HttpServer(
      {
        host: http.host,
        port: http.port,
        times: new HttpTimes(data.httpTimes),
        tls: http.tls === undefined ? undefined : new TlsFiles(http.tls),
        limits: {
          CONNECTIONS_MAX: http.connectionsMax,
          STRANGERS_MAX: Math.ceil(http.connectionsMax / 2),
          CONNECTIONS_PER_ADDRESS_MAX: connectionsPerAddressMax,
        },
        onConnection: onClient,
      },
      state.access,
      threadLog,
    );
    this.copies = new CopiesClient(data, status);
    this.status = new StatusPage({ nodeId, archive, wallMs: () => Date.now() });
    const receipts = new LogReceiptReader({
      directory: logDirectory,
      durableSequence: () => board.durableSequence,
    });
    const sources: RestSources = {
      views: state.views,
      archive,
      directory: state.directory,
      status: this.status,
      receipts,
      reports: new ReportSearch(data.reportDirectory),
      copies: this.copies,
      accountIds: () => state.accountIds,
      newestSequenceOf: (userId) => state.desk.sequenceOf(userId),
      wallMs: () => Date.now(),
      facts: () => ({
        nodeId,
        durableSequence: board.durableSequence,
        archivedSequence: board.archivedSequence,
        divergedSequence: board.divergedSequence,
        uptimeSeconds: Math.floor((performance.now() - startedMs) / 1_000),
      }),
    };
    const counts = new EventCounts();
    const log = openLogChannels(state, board, hasAllEvents, receipts);
    const commandSources = {
      views: state.views,
      archive,
      directory: state.directory,
      desk: state.desk,
      administration: state.administration,
      access: state.access,
      isAccount: (accountId: number) => state.accountIds.has(accountId),
      coreVersionMax: CORE_VERSION_MAX,
    };
    const commands = new Commands(commandSources);
    this.replays = new ReplayDesk({
      recordings: data.replayDirectory,
      sink: state.commands,
      views: state.views,
      directory: state.directory,
      send: (userId, command) => commands.send({ userId }, command),
      isReady: () => state.views.isReady,
      claim: {
        nodeId,
        sessions: state.sessions,
        openSessions: () => log.sessions.byKey.values(),
      },
      logger: threadLog,
      wallMs: () => Date.now(),
    });
    this.sinks = [counts, this.status, this.replays, ...log.sinks];
    this.webSocket = openWebSocket(data, state, archive, [
      ...operateChannels(data, status, counts),
      ...log.channels,
      riskChannel({ views: state.views, archive }, threadLog),
      statusChannel(this.status, threadLog),
      replayChannel(this.replays, threadLog),
    ]);
    this.binance = new BinanceDoor(
      {
        views: state.views,
        archive,
        desk: state.desk,
        access: state.access,
        directory: state.directory,
        weightMax: Math.min(data.access.userRate.burst, data.access.keyRate.burst),
        newestSequenceOf: sources.newestSequenceOf,
        wallMs: sources.wallMs,
      },
      this.webSocket.accounts,
      threadLog,
    );
    this.webSocket.speak(this.binance);
    this.server.onUpgrade((request, head) => this.webSocket.onUpgrade(request, head));
    this.server.addDocument('/asyncapi.json', asyncApiDocument);
    this.routes = [
      ...loginRoutes(state.access),
      ...restRoutes(sources),
      ...verificationRoutes(sources),
      ...commandRoutes(commandSources),
      ...replayRoutes(this.replays),
    ];
  }

  async listen(): Promise<{ readonly http: number }> {
    const pages = new ConsolePages(readConsoleFiles(CONSOLE_DIRECTORY));
    const { port } = await this.server.listen(this.routes, [this.binance.rest], pages);
    return { http: port };
  }

  /** Questions over HTTP are answered from what is known here: only those who wait for news are sent away. */
  suspend(reason: string | undefined): void {
    this.webSocket.suspend(reason !== undefined);
  }

  async close(): Promise<void> {
    await this.replays.close();
    this.binance.close();
    await this.webSocket.close();
    await this.server.close();
    await this.copies.close();
  }

  get connections(): number {
    return this.server.connections + this.webSocket.connections;
  }

  figures(): Figures {
    const { connections, requests, refused, failed } = this.server;
    const { counts } = this.webSocket;
    return {
      httpConnections: connections,
      httpRequests: requests,
      httpRefused: refused,
      httpFailed: failed,
      edgeAuthFailures: this.access.failures,
      edgeRateLimited: this.access.limited,
      webSocketConnections: this.webSocket.connections,
      webSocketUsers: this.webSocket.users,
      webSocketMessages: counts.messages,
      webSocketRefused: counts.refused,
      webSocketSlow: counts.slow,
    };
  }
}

function openWebSocket(
  { webSocket, connectionsPerAddressMax }: EdgeThreadData,
  { views, access, desk, sessions }: EdgeState,
  archive: ArchiveQueries,
  channels: readonly VenueChannel[],
): WebSocketDoor {
  const { connectionsMax, connectionsPerUserMax, ...options } = webSocket;
  const limits = {
    CONNECTIONS_MAX: connectionsMax,
    STRANGERS_MAX: Math.ceil((connectionsMax * 3) / 4),
    CONNECTIONS_PER_ADDRESS_MAX: connectionsPerAddressMax,
    CONNECTIONS_PER_USER_MAX: connectionsPerUserMax,
  };
  const sources = { views, archive, access, desk, sessions, channels, wallMs: () => Date.now() };
  return new WebSocketDoor(sources, { ...options, limits }, threadLog);
}
