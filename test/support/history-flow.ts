import { encodeEntry } from '#codec/log/entries.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import type { FillRecord } from '#domain/history.ts';
import type { EventSink } from '#domain/ports.ts';
import { cancelOfTrade } from '#gateways/rest/cancel-of-trade.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { HistoryModel } from './history-model.ts';
import { marketSetup, RandomFlow } from './random-flow.ts';

export const HISTORY_LOG_ID = '11111111-1111-4111-8111-111111111111';
const CAPACITY = { ordersMax: 20_000, instrumentsMax: 16, accountsMax: 64, usersMax: 64, assetsMax: 16 };
const START_SECONDS = 1_800_000_000;

export interface FlowEntry {
  readonly sequence: number;
  readonly seconds: number;
  readonly nanos: number;
  readonly words: WordBuffer;
  readonly commands: readonly CommandInput[];
}

/** A small venue's random life as log entries: orders, and what operators and people without the right to it ask for. */
export function randomEntries(seed: number, count: number, users: number): FlowEntry[] {
  const random = seededRandom(seed);
  const integer = (below: number): number => Math.floor(random() * below);
  const flow = new RandomFlow(seed, users);
  const other = (): CommandInput => {
    const clientOrderId = 1 + integer(1_000);
    const accountId = 1 + integer(users);
    const instrumentId = 1 + integer(2);
    const operations: CommandInput[] = [
      { type: 'Deposit', clientOrderId, accountId, assetId: 1 + integer(3), amountMinor: 1 + integer(1e6) },
      {
        type: 'Withdraw',
        clientOrderId,
        accountId,
        assetId: 2,
        amountMinor: 1 + integer(1e6),
        reason: `wire ${clientOrderId}`,
      },
      {
        type: 'SetPhase',
        clientOrderId,
        instrumentId,
        phase: [3, 4, 4, 4][integer(4)],
        reason: 'r'.repeat(64),
      },
      { type: 'Deposit', userId: accountId, clientOrderId, accountId, assetId: 1, amountMinor: 1 },
      {
        type: 'AddUser',
        clientOrderId,
        newUserId: 1,
        accountId: 1,
        name: 'U1',
        salt: new Uint8Array(16).fill(9),
      },
      {
        type: 'AddApiKey',
        clientOrderId,
        keyId: clientOrderId,
        targetUserId: accountId,
        kind: 3,
        verifier: new Uint8Array(32).fill(7),
      },
      { type: 'MassCancel', userId: accountId, clientOrderId, instrumentId },
      {
        type: 'PostIncident',
        clientOrderId,
        incidentId: 1 + integer(8),
        components: 1 + integer(511),
        severity: 1 + integer(3),
        state: 1 + integer(4),
        title: 't'.repeat(1 + integer(64)),
        text: 'u'.repeat(1 + integer(256)),
      },
      { type: 'Tick', clientOrderId },
    ];
    return operations[integer(operations.length)];
  };
  const venue = new ModelledCore();
  const entries: FlowEntry[] = [];
  let seconds = START_SECONDS;
  for (let sequence = 1; sequence <= count; sequence++) {
    const commands =
      sequence === 1
        ? marketSetup(users)
        : Array.from({ length: 1 + integer(6) }, () => {
            const odds = random();
            const [buyer, seller] = odds < 0.01 ? chosenTrade(venue.model, random()) : [];
            if (seller !== undefined) return { ...cancelOfTrade(buyer, buyer, seller), reason: 'a mistake' };
            return odds < 0.08 ? other() : withRegulatoryFields(flow.next(), integer);
          });
    seconds += random() < 0.3 ? integer(random() < 0.05 ? 30_000 : 40) : 0;
    const words = WordBuffer.copyOf(encodeEntry({ nodeId: 1, epoch: 1, entryNo: sequence, commands }));
    const entry = { sequence, seconds, nanos: sequence - 1, words, commands };
    venue.apply(entry);
    entries.push(entry);
  }
  return entries;
}

/** Some orders and replaces say something for the authority, or what the core refuses. */
function withRegulatoryFields(command: CommandInput, integer: (below: number) => number): CommandInput {
  if (command.type !== 'NewOrder' && command.type !== 'ReplaceOrder') return command;
  if (integer(3) > 0) return command;
  const code = (): number => [0, 1, 3, 70_000, 2 ** 32 - 1][integer(5)];
  return {
    ...command,
    tradingCapacity: integer(20) === 0 ? 255 : integer(4),
    regulatoryFlags: integer(20) === 0 ? 16 : integer(16),
    clientCode: code(),
    investmentDecisionCode: code(),
    executionDecisionCode: code(),
    nonExecutingBrokerCode: code(),
  };
}

/** Both fills of one of the newest trades, the buyer's first; some were taken back before. */
function chosenTrade({ trades, fills }: HistoryModel, at: number): FillRecord[] {
  const trade = trades.at(-1 - Math.floor(at * 10));
  return fills.filter(({ tradeId }) => tradeId === trade?.tradeId).sort((a, b) => a.side - b.side);
}

/** A core whose events go to `sink` and, in plain form, to a model. */
export class ModelledCore {
  readonly model = new HistoryModel();
  readonly core: TradingCore;
  readonly sinks: EventSink[] = [];
  #events: Event[] = [];

  constructor() {
    this.core = new TradingCore(
      {
        onEvents: (words, from, to) => {
          this.#events.push(...readEvents(words, from, to));
          for (const sink of this.sinks) sink.onEvents(words, from, to);
        },
      },
      CAPACITY,
    );
  }

  apply({ sequence, seconds, nanos, words, commands }: FlowEntry): void {
    this.#events = [];
    this.core.applyEntry(sequence, seconds, nanos, words, 0, words.words);
    this.model.apply(commands, this.#events);
  }
}
