import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type NodeConfig, type NodeLogger, type RunningNode, startNode } from '#app/node.ts';
import { ArchiveClient } from '#app/threads/archive-client.ts';
import { ArchiveRefusedError } from '#domain/history.ts';
import { nodeConfig } from './node-config.ts';
import { marketSetup, type RandomFlow, send } from './random-flow.ts';

/** Users of the market that `setUp` makes. */
export const USERS = 4;
export const SETTLED_ENTRIES = 60;

export interface Logged {
  readonly level: string;
  readonly message: string;
}

/** A node in this process. */
export async function start(
  t: TestContext,
  dataDirectory: string,
  different: Partial<NodeConfig> = {},
): Promise<{ node: RunningNode; client: ArchiveClient; lines: Logged[] }> {
  const lines: Logged[] = [];
  const log = (level: string) => (_: object, message: string) => void lines.push({ level, message });
  const logger: NodeLogger = { info: log('info'), warn: log('warn'), error: log('error') };
  const node = await startNode(nodeConfig(dataDirectory, different), logger);
  let close: (() => Promise<void>) | undefined = node.close;
  node.close = async () => {
    await close?.();
    close = undefined;
  };
  t.after(() => close?.());
  return { node, client: new ArchiveClient(node.connectArchive()), lines };
}

/** Lets the venue live for some entries of the log; returns the sequence that was reached. */
export async function live(node: RunningNode, flow: RandomFlow, entries: number): Promise<number> {
  const end = node.status().sequence + entries;
  while (node.status().sequence < end) {
    for (let count = 0; count < 20; count++) assert.ok(send(node.outbox, flow.next()));
    await setTimeout(1);
  }
  return node.status().sequence;
}

export async function setUp(node: RunningNode): Promise<void> {
  const before = node.status().sequence;
  for (const command of marketSetup(USERS)) assert.ok(send(node.outbox, command));
  while (node.status().sequence === before) await setTimeout(1);
}

export const refusedWith =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof ArchiveRefusedError && error.code === code;
