import type { Static } from 'typebox';
import type { ReplayMessage } from '#codec/json/replay-json.ts';
import type { RiskMessage, StatusMessage } from '#codec/json/stream-json.ts';
import { Limits } from '#domain/limits.ts';
import { Action } from '#domain/permissions.ts';
import type { Replays } from '../rest/sources.ts';
import { type RiskSources, readRisk } from '../risk/risk-reader.ts';
import type { StatusPage } from '../status/status-page.ts';
import type { WebSocketLogger } from './services.ts';
import { ViewChannel } from './view-channel.ts';

const EVERY_MS = 1_000;
/** A replay that is steered is looked at by who steers it. */
const REPLAY_EVERY_MS = 250;

/** `risk`: what accounts risk, for those who may see any account. */
export function riskChannel(sources: RiskSources, logger: WebSocketLogger): ViewChannel {
  return new ViewChannel({
    name: 'risk',
    action: Action.ViewAnyAccount,
    everyMs: EVERY_MS,
    begin: () => ({
      read: async (): Promise<Static<typeof RiskMessage> | undefined> => {
        if (!sources.views.isReady) return undefined;
        const risk = await readRisk(sources, { limit: Limits.RISK_ACCOUNTS_MAX }, 0);
        return { channel: 'risk', type: 'risk', risk };
      },
      end: () => {},
    }),
    onError: (error) => logger.error({}, `risk cannot be told now: ${error.message}`),
  });
}

/** `status`: the public status document, for anybody, again when it is another. */
export function statusChannel(
  page: Pick<StatusPage, 'isReady' | 'read'>,
  logger: WebSocketLogger,
): ViewChannel {
  return new ViewChannel({
    name: 'status',
    action: undefined,
    everyMs: EVERY_MS,
    begin: () => {
      let told: object | undefined;
      return {
        read: async (): Promise<Static<typeof StatusMessage> | undefined> => {
          if (!page.isReady) return undefined;
          const status = await page.read();
          if (status === told) return undefined;
          told = status;
          return { channel: 'status', type: 'status', status };
        },
        end: () => {},
      };
    },
    onError: (error) => logger.error({}, `the status cannot be told now: ${error.message}`),
  });
}

/** `replay`: how the replay of this node is, for those who may see the market, again when it is another. */
export function replayChannel(replays: Pick<Replays, 'state'>, logger: WebSocketLogger): ViewChannel {
  return new ViewChannel({
    name: 'replay',
    action: Action.ViewMarket,
    everyMs: REPLAY_EVERY_MS,
    begin: () => {
      let told = '';
      return {
        read: (): Static<typeof ReplayMessage> | undefined => {
          const replay = replays.state();
          const text = JSON.stringify(replay);
          if (text === told) return undefined;
          told = text;
          return { channel: 'replay', type: 'replay', replay };
        },
        end: () => {},
      };
    },
    onError: (error) => logger.error({}, `the replay cannot be told now: ${error.message}`),
  });
}
