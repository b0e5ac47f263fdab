import { Worker } from 'node:worker_threads';
import type { Static } from 'typebox';
import type { Backups, Snapshots, Verification } from '#codec/json/operate-json.ts';
import { Problem } from '#gateways/rest/problems.ts';
import type { RestorableCopies } from '#gateways/rest/sources.ts';
import type { NodeStatus } from '../node-status.ts';
import type { CopiesAnswer, CopiesQuestion, CopiesThreadData, Found } from '../threads/messages.ts';
import type { StatusClient } from './status-client.ts';

const COPIES_THREAD = new URL('../threads/copies-thread.ts', import.meta.url);
/** The thread ends when it was asked nothing for so long. */
const IDLE_MS = 60_000;
/** How long an answer waits for a verification: clients ask again for what takes longer. */
const ANSWER_MS_MAX = 10_000;
/** Verifications of which the result is kept, the newest. */
const RESULTS_MAX = 256;
const QUESTIONS_MAX = 16;

type Result = Static<typeof Verification>;
/** A question but for its number. */
type Ask = CopiesQuestion extends infer Question
  ? Question extends unknown
    ? Omit<Question, 'id'>
    : never
  : never;

/**
 * Asks the thread that lists and verifies snapshots and backups; starts it when it is needed, and ends it when it is not. One
 * verification at a time; its result stays known when nobody waits for it any more.
 */
export class CopiesClient implements RestorableCopies {
  declare private readonly data: CopiesThreadData;
  declare private readonly status: StatusClient;
  declare private readonly asked: Map<number, PromiseWithResolvers<Found>>;
  declare private readonly results: Map<string, Result>;
  declare private worker: Worker | undefined;
  declare private idle: NodeJS.Timeout | undefined;
  declare private lastId: number;
  declare private verifying: { readonly key: string; readonly result: Promise<Result> } | undefined;

  constructor(data: CopiesThreadData, status: StatusClient) {
    const { dataDirectory, logId, backup } = data;
    this.data = { dataDirectory, logId, backup };
    this.status = status;
    this.asked = new Map();
    this.results = new Map();
    this.worker = undefined;
    this.idle = undefined;
    this.lastId = 0;
    this.verifying = undefined;
  }

  async snapshots(): Promise<Static<typeof Snapshots>> {
    const { snapshots: items } = (await this.#ask({ ask: 'snapshots' })) as Extract<
      Found,
      { snapshots: unknown }
    >;
    return { items: items.map((item) => ({ ...item, ...this.#resultOf(`snapshot ${item.sequence}`) })) };
  }

  async backups(): Promise<Static<typeof Backups>> {
    const { backups } = (await this.#ask({ ask: 'backups' })) as Extract<Found, { backups: unknown }>;
    if (backups === undefined) return { items: [] };
    const items = backups.items.map((item) => ({ ...item, ...this.#resultOf(`backup ${item.id}`) }));
    return { ...backups, ...continuousOf(await this.status.status()), items };
  }

  verifySnapshot(sequence: number): Promise<Result> {
    return this.#verify(`snapshot ${sequence}`, { ask: 'verifySnapshot', sequence });
  }

  verifyBackup(backupId: string): Promise<Result> {
    return this.#verify(`backup ${backupId}`, { ask: 'verifyBackup', backupId });
  }

  async close(): Promise<void> {
    clearTimeout(this.idle);
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  #resultOf(key: string): { verification?: Result } {
    const verification = this.results.get(key);
    return verification === undefined ? {} : { verification };
  }

  async #verify(key: string, ask: Ask): Promise<Result> {
    if (this.verifying !== undefined && this.verifying.key !== key)
      throw new Problem('busy', `${this.verifying.key} is being verified: ask again when that is done`);
    this.verifying ??= this.#begin(key, ask);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const detail = `${key} takes long: ask again, and the result comes when it is there`;
      timer = setTimeout(() => reject(new Problem('verifying', detail)), ANSWER_MS_MAX);
    });
    try {
      return await Promise.race([this.verifying.result, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #begin(key: string, ask: Ask): { readonly key: string; readonly result: Promise<Result> } {
    const result = this.#ask(ask).then((found) => {
      if ('isMissing' in found) throw new Problem('not-found', `there is no ${key}`);
      const { verification } = found as Extract<Found, { verification: unknown }>;
      this.results.delete(key);
      this.results.set(key, verification);
      const [oldest] = this.results.keys();
      if (this.results.size > RESULTS_MAX) this.results.delete(oldest);
      return verification;
    });
    const end = (): void => {
      this.verifying = undefined;
    };
    result.then(end, end);
    return { key, result };
  }

  #ask(ask: Ask): Promise<Found> {
    if (this.asked.size >= QUESTIONS_MAX)
      throw new Problem('busy', 'too many questions about snapshots and backups wait');
    clearTimeout(this.idle);
    this.worker ??= this.#start();
    const id = ++this.lastId;
    const asked = Promise.withResolvers<Found>();
    this.asked.set(id, asked);
    this.worker.postMessage({ ...ask, id } as CopiesQuestion);
    return asked.promise;
  }

  #start(): Worker {
    const worker = new Worker(COPIES_THREAD, { workerData: this.data, name: 'copies' });
    worker.on('message', (answer: CopiesAnswer) => this.#onAnswer(answer));
    let reason = 'it ended';
    worker.on('error', ({ message }) => {
      reason = message;
    });
    worker.on('exit', () => {
      if (this.worker !== worker) return;
      this.worker = undefined;
      for (const { reject } of this.asked.values())
        reject(new Error(`the thread that verifies snapshots and backups is gone: ${reason}`));
      this.asked.clear();
    });
    return worker;
  }

  #onAnswer(answer: CopiesAnswer): void {
    const asked = this.asked.get(answer.id);
    this.asked.delete(answer.id);
    if (this.asked.size === 0) this.idle = setTimeout(() => void this.close(), IDLE_MS).unref();
    if ('found' in answer) asked?.resolve(answer.found);
    else asked?.reject(new Problem(answer.refusal.code, answer.refusal.message));
  }
}

/** How far the continuous backup is, by the figures of its thread. */
function continuousOf({ threads }: NodeStatus): Pick<Static<typeof Backups>, 'continuous'> {
  const { backupSequence, backupLagEntries, backupLagSeconds, backupFailures, backupAgeSeconds } = threads;
  if (backupSequence === undefined) return {};
  return {
    continuous: {
      sequence: backupSequence,
      lagEntries: backupLagEntries,
      lagMs: Math.round(backupLagSeconds * 1_000),
      failures: backupFailures,
      ...(backupAgeSeconds < 0 ? {} : { backupAgeSeconds }),
    },
  };
}
