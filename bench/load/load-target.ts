import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { askNode } from '#app/cli/node-socket.ts';
import type { NodeStatus } from '#app/node-status.ts';
import { OuchClient } from '#app/ouch-client.ts';
import { counted } from '#lib/counted.ts';
import type { LoadConnection } from './client.ts';
import { BenchCluster } from './cluster-servers.ts';
import type { LoadedServer } from './processes.ts';
import { benchDirectory, startVenue } from './servers.ts';
import { LOAD_PASSWORD, tradingConnections } from './traffic.ts';

/** Where a node takes clients. */
export interface TargetNode {
  readonly host: string;
  readonly ouchPort: number;
  /** undefined: it has no HTTP door. */
  readonly httpPort: number | undefined;
  status(): Promise<NodeStatus>;
}

export interface LoadUser {
  readonly username: string;
  readonly password: string;
}

/** What is put under load. */
export interface LoadTarget {
  readonly nodes: readonly TargetNode[];
  readonly users: readonly LoadUser[];
  readonly symbol: string;
  /** At which users trade, as OUCH carries it. */
  readonly price: number;
  close(): Promise<void>;
}

export interface TargetOptions {
  /** Of nodes that run on this machine; none: a venue of its own is started, and removed. */
  readonly dataDirectories: readonly string[];
  /** Nodes of the venue that is started: 1, or 3 as a cluster. */
  readonly nodes: number;
  readonly users: number;
  /** Of nodes that run: one line for each user, NAME PASSWORD. */
  readonly usersFile: string | undefined;
  readonly symbol: string | undefined;
  /** As OUCH carries it: four decimals. */
  readonly price: number | undefined;
}

/** The options cannot be followed. */
export class LoadTargetError extends Error {
  override readonly name = 'LoadTargetError';
  readonly code = 'LOAD_TARGET';
}

/** Starts a venue, or finds the one that runs. @throws LoadTargetError, NoNodeError, Error of the start */
export function openTarget(options: TargetOptions): Promise<LoadTarget> {
  return options.dataDirectories.length > 0 ? runningTarget(options) : ownTarget(options);
}

async function runningTarget(options: TargetOptions): Promise<LoadTarget> {
  const { dataDirectories, usersFile, symbol, price } = options;
  if (usersFile === undefined || symbol === undefined || price === undefined) {
    throw new LoadTargetError(
      'a node that runs needs --users-file (a line NAME PASSWORD for each user), --symbol and --price',
    );
  }
  const users = readUsers(usersFile);
  if (users.length < options.users) {
    throw new LoadTargetError(
      `${usersFile} has ${counted(users.length, 'user')}, ${options.users} are to trade`,
    );
  }
  const nodes = await Promise.all(
    dataDirectories.map(async (directory): Promise<TargetNode> => {
      const { ouch, http } = (await askNode(directory, { ask: 'status' })) as {
        readonly ouch: { readonly host: string; readonly port: number };
        readonly http?: { readonly port: number };
      };
      return {
        host: ouch.host,
        ouchPort: ouch.port,
        httpPort: http?.port,
        status: async () => (await askNode(directory, { ask: 'status' })) as NodeStatus,
      };
    }),
  );
  return { nodes, users: users.slice(0, options.users), symbol, price, close: async () => {} };
}

async function ownTarget({ nodes: count, users }: TargetOptions): Promise<LoadTarget> {
  const connections = tradingConnections(users);
  const venue = {
    users: connections.map(({ username }) => ({ username, password: LOAD_PASSWORD })),
    symbol: 'BENCH',
    price: connections[0].price,
  };
  if (count > 1) {
    const cluster = await BenchCluster.start(true, users, true);
    return { ...venue, nodes: cluster.nodes.map(nodeOf), close: () => cluster.close() };
  }
  const directory = join(benchDirectory(), `load-test-${process.pid}`);
  const server = await startVenue(directory, { accounts: users });
  const close = async (): Promise<void> => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { ...venue, nodes: [nodeOf(server)], close };
}

function nodeOf(server: LoadedServer): TargetNode {
  return {
    host: '127.0.0.1',
    ouchPort: server.port,
    httpPort: server.ready.httpPort,
    status: () => server.ask('status') as Promise<NodeStatus>,
  };
}

/** @throws LoadTargetError, Error of node:fs */
export function readUsers(file: string): LoadUser[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const [username, password, ...rest] = line.trim().split(/\s+/);
      if (password === undefined || rest.length > 0) {
        throw new LoadTargetError(`${file}:${index + 1}: a line is NAME PASSWORD`);
      }
      return { username, password };
    });
}

/** Users who trade with each other, each from its next UserRefNum on. @throws the errors of OuchClient.connect */
export async function connectionsOf(
  { host, ouchPort }: TargetNode,
  { symbol, price }: LoadTarget,
  users: readonly LoadUser[],
): Promise<LoadConnection[]> {
  const connections: LoadConnection[] = [];
  for (const [i, { username, password }] of users.entries()) {
    const client = await OuchClient.connect({ host, port: ouchPort, username, password });
    const lastRefNum = client.nextUserRefNum - 1;
    await client.close();
    connections.push({
      username,
      password,
      lastRefNum,
      buy: i % 2 === 0,
      symbol,
      price,
      prices: 1,
      priceStep: 0,
      quantity: 1,
    });
  }
  return connections;
}
