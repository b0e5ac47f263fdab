import type { ArchiveQueries } from '#domain/ports.ts';
import { AccessControl } from '#gateways/identity/access-control.ts';
import { HmacSecrets } from '#gateways/identity/hmac-secrets.ts';
import { nodeSecretsKey, nodeSigningKey } from '#gateways/identity/node-keys.ts';
import { TlsFiles } from '#gateways/listener/tls-files.ts';
import { HttpServer } from '#gateways/rest/http-server.ts';
import { loginRoutes } from '#gateways/rest/login-routes.ts';
import { restRoutes } from '#gateways/rest/rest-routes.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { StatusBoard } from '#replica/status-board.ts';
import { LogReceiptReader } from '../log-receipts.ts';
import type { EdgeDoor } from './edge.ts';
import { EdgeState } from './edge-state.ts';
import type { EdgeThreadData } from './messages.ts';
import { threadLog } from './thread-log.ts';

/** The HTTP door of the edge: the server, and where its answers come from. */
export class HttpDoor implements EdgeDoor {
  declare private readonly state: EdgeState;
  declare private readonly access: AccessControl;
  declare private readonly server: HttpServer;
  declare private readonly sources: Parameters<typeof restRoutes>[0];

  constructor(data: EdgeThreadData, board: StatusBoard, archive: ArchiveQueries) {
    const { nodeId, dataDirectory, logDirectory, access, connectionsPerAddressMax, http } = data;
    const startedMs = performance.now();
    const state = new EdgeState();
    this.state = state;
    this.access = new AccessControl(state.directory, {
      ...access,
      nodeId,
      signingKey: nodeSigningKey(dataDirectory),
      secrets: new HmacSecrets(dataDirectory, nodeSecretsKey(dataDirectory)),
    });
    this.server = new HttpServer(
      {
        host: http.host,
        port: http.port,
        tls: http.tls === undefined ? undefined : new TlsFiles(http.tls),
        limits: {
          CONNECTIONS_MAX: http.connectionsMax,
          STRANGERS_MAX: Math.ceil(http.connectionsMax / 2),
          CONNECTIONS_PER_ADDRESS_MAX: connectionsPerAddressMax,
        },
      },
      this.access,
      threadLog,
    );
    this.sources = {
      views: state.views,
      archive,
      directory: state.directory,
      receipts: new LogReceiptReader({
        directory: logDirectory,
        durableSequence: () => board.durableSequence,
      }),
      accountIds: () => state.accountIds,
      newestSequenceOf: (userId) => state.newestReports.sequenceOf(userId),
      wallMs: () => Date.now(),
      facts: () => ({
        nodeId,
        durableSequence: board.durableSequence,
        archivedSequence: board.archivedSequence,
        divergedSequence: board.divergedSequence,
        uptimeSeconds: Math.floor((performance.now() - startedMs) / 1_000),
      }),
    };
  }

  async listen(): Promise<{ readonly http: number }> {
    const { port } = await this.server.listen([...loginRoutes(this.access), ...restRoutes(this.sources)]);
    return { http: port };
  }

  close(): Promise<void> {
    return this.server.close();
  }

  figures(): { readonly [name: string]: number } {
    const { connections, requests, refused, failed } = this.server;
    return {
      httpConnections: connections,
      httpRequests: requests,
      httpRefused: refused,
      httpFailed: failed,
    };
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    this.state.onEvents(words, from, to);
  }

  onRestart(): void {
    this.state.onRestart();
  }

  onImage(sequence: number): void {
    this.state.onImage(sequence);
  }
}
