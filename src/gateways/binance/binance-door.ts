import { failureLines } from '#lib/line-budget.ts';
import type { HttpLogger } from '../rest/http-server.ts';
import type { AccountStreams } from '../websocket/account-streams.ts';
import type { DoorCounts } from '../websocket/client-session.ts';
import type { CloseReason } from '../websocket/close-codes.ts';
import type { Connection } from '../websocket/connection.ts';
import { UserConnections } from '../websocket/user-connections.ts';
import type { WebSocketDialect, WebSocketSession } from '../websocket/websocket-door.ts';
import { accountOperations } from './account-operations.ts';
import { BinanceLimits } from './limits.ts';
import { ListenKeys, listenKeyOperations } from './listen-keys.ts';
import { marketOperations } from './market-operations.ts';
import type { BinanceSources, Operation } from './operations.ts';
import { orderOperations } from './order-operations.ts';
import { BinanceRest } from './rest-dialect.ts';
import { type StreamServices, StreamSession } from './stream-session.ts';
import { BinanceStreams } from './streams.ts';
import { TimeUnit, timeUnitOf } from './texts.ts';
import { type WsApiServices, WsApiSession } from './ws-api-session.ts';

const STREAM_PATH = '/stream';
const RAW_PATH = '/ws';
const WS_API_PATH = '/ws-api/v3';

const WRONG_TIME_UNIT: CloseReason = { code: 1008, text: 'timeUnit is MICROSECOND or MILLISECOND' };

/** Binance Spot's API as a thin translation of the venue's own: REST, streams and WebSocket API. Protocol: docs/protocols/binance.md. */
export class BinanceDoor implements WebSocketDialect {
  declare readonly rest: BinanceRest;
  declare private readonly streams: BinanceStreams;
  declare private readonly services: StreamServices & WsApiServices;

  constructor(sources: BinanceSources, accounts: AccountStreams, logger: HttpLogger) {
    const listenKeys = new ListenKeys(sources);
    const operations: Operation[] = [
      ...marketOperations(sources),
      ...accountOperations(sources),
      ...orderOperations(sources),
      ...listenKeyOperations(listenKeys),
    ];
    const failure = failureLines((fields, message) => logger.error(fields, message));
    this.rest = new BinanceRest(sources, operations, failure);
    this.streams = new BinanceStreams(sources);
    this.services = {
      sources,
      accounts,
      users: new UserConnections(BinanceLimits.USER_STREAMS_PER_USER_MAX),
      streams: this.streams,
      listenKeys,
      operations: new Map(
        operations.flatMap((operation) =>
          operation.wsMethod === undefined ? [] : [[operation.wsMethod, operation]],
        ),
      ),
      failure,
    };
  }

  takes(path: string): boolean {
    return (
      path === RAW_PATH || path.startsWith(`${RAW_PATH}/`) || path === STREAM_PATH || path === WS_API_PATH
    );
  }

  open(target: string, connection: Connection, onMember: () => void, counts: DoorCounts): WebSocketSession {
    const { pathname, searchParams } = new URL(target, 'ws://venue');
    const wantedUnit = timeUnitOf(searchParams.get('timeUnit'));
    if (wantedUnit === undefined) connection.close(WRONG_TIME_UNIT);
    const unit = wantedUnit ?? TimeUnit.Millisecond;
    if (pathname === WS_API_PATH) {
      const tellsRate = searchParams.get('returnRateLimits') !== 'false';
      return new WsApiSession(connection, this.services, counts, onMember, tellsRate, unit);
    }
    const isCombined = pathname === STREAM_PATH;
    const names = isCombined
      ? (searchParams.get('streams') ?? '').split('/')
      : pathname
          .slice(RAW_PATH.length + 1)
          .replaceAll('%40', '@')
          .split('/');
    const wanted = names.filter((name) => name !== '');
    return new StreamSession(connection, this.services, counts, onMember, isCombined, unit, wanted);
  }

  close(): void {
    this.streams.close();
  }
}
