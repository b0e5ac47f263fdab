/**
 * A node in a process of its own, to be killed: `node-process.ts DIRECTORY [JSON [EDGE]]`, the JSON being what differs from
 * the configuration below, EDGE the file of another edge thread. On an empty directory it sets up a small market with users U1…U4 (password "secret"), or as many as HIVE_TEST_USERS says. Prints one
 * line of JSON with its ports when it serves. Its parent may send `status`, which is answered, `fill`, which makes it
 * append some 4 MiB of log, `promote`, `demote` and `takeOver`, which are answered by its status, and commands of the operator.
 */
import { pathToFileURL } from 'node:url';
import { type NodeConfig, startNode } from '#app/node.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { Role } from '#domain/commands.ts';
import { EventType } from '#domain/events.ts';
import { hashPassword } from '#gateways/identity/password.ts';
import { nodeConfig } from './node-config.ts';
import { marketSetup, send } from './random-flow.ts';
import { USER_SALT } from './user-salt.ts';

const USERS = Number(process.env['HIVE_TEST_USERS'] ?? 4);
/** What the node says of its state after the recovery. */
let recovered: object = {};
const quiet = {
  info: (fields: object, message: string) => {
    if (message === 'recovered') recovered = fields;
  },
  warn: () => {},
  error: (fields: object, message: string) => console.error(message, fields),
};

// JSON has no undefined: null stands for it.
const different: Partial<NodeConfig> = Object.fromEntries(
  Object.entries(JSON.parse(process.argv[3] ?? '{}')).map(([name, value]) => [name, value ?? undefined]),
);
const node = await startNode(
  nodeConfig(process.argv[2], {
    // Small, so that a short test rolls segments and starts from snapshots.
    snapshots: { everyEntries: 300, keep: 2 },
    disk: { keepLogBytes: undefined, warnFreeBelowBytes: undefined },
    attestEvery: 100,
    ...different,
  }),
  quiet,
  process.argv[4] === undefined ? undefined : pathToFileURL(process.argv[4]),
);
/** Whether the log has the users of the market. */
let isSetUp = true;
// Not the log's length: where threads start slowly, time has passed before. In a cluster the first node does it.
if (node.status().epoch === 1 && node.status().nodeId === 1) {
  isSetUp = false;
  let added = 0;
  const unsubscribe = node.subscribe({
    onEvents: ({ i32 }, from, to) => {
      for (let at = from; at < to; at += i32[at] >>> 16) {
        if ((i32[at] & 0xff) === EventType.UserAdded && ++added === USERS) isSetUp = true;
      }
      if (isSetUp) unsubscribe();
    },
  });
  const salt = USER_SALT;
  const passwordHash = new Uint8Array(await hashPassword('secret', salt));
  for (const command of marketSetup(USERS)) {
    const whole = command.type === 'AddUser' ? { ...command, salt, passwordHash } : command;
    // Of many users the outbox takes some at a time.
    while (!send(node.outbox, whole)) await new Promise((resolve) => setImmediate(resolve));
  }
}
await new Promise<void>((resolve) => {
  const look = (): void => {
    if ((isSetUp && node.status().sequence > 0) || node.status().state !== 'serving') resolve();
    else setTimeout(look, 5);
  };
  look();
});
console.log(
  JSON.stringify({
    ouchPort: node.ouchPort,
    marketDataPort: node.marketDataPort,
    snapshotPort: node.snapshotPort,
    operationsPort: node.operationsPort,
    edgePorts: node.edgePorts,
    recovered,
  }),
);
process.on('SIGTERM', () => void node.close().then(() => process.exit(0)));
process.on('message', (message: 'status' | 'fill' | Order | CommandInput) => {
  if (message === 'status') process.send?.(node.status());
  else if (message === 'promote' || message === 'demote' || message === 'takeOver') void obey(message);
  else if (message !== 'fill') send(node.outbox, message);
  // The user is there already, so that the log grows and nothing else does.
  else
    while (send(node.outbox, { type: 'AddUser', newUserId: 1, accountId: 1, role: Role.Trader, name: 'U1' }));
});

type Order = 'promote' | 'demote' | 'takeOver';

async function obey(order: Order): Promise<void> {
  try {
    if (order === 'demote') await node.demote(0);
    else await node.promote(order === 'takeOver' ? { force: false } : undefined);
    process.send?.({ ...node.status(), ouchPort: node.ouchPort, edgePorts: node.edgePorts });
  } catch (error) {
    process.send?.({ error: (error as Error).message });
  }
}
