import { Command } from 'commander';
import type { NodeStatus } from '../node.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import { askNode, type NodeRequest } from './node-socket.ts';
import { dataDirOption, integerOption } from './options.ts';
import type { Output } from './output.ts';

const DRAIN_SECONDS = 5;
const DRAIN_SECONDS_MAX = 3_600;
/** Beside the draining: sessions end, threads start. */
const ANSWER_MS_MAX = 60_000;

/** `hive admin`: puts a node of a cluster in and out of service, and renews its key. */
export function adminCommands(output: () => Output): Command {
  const admin = new Command('admin').description(
    'put a node of a cluster in and out of service, renew its key',
  );
  const ask = async (dataDir: string, request: NodeRequest, waitMs: number): Promise<void> => {
    const status = (await askNode(dataDir, request, waitMs + ANSWER_MS_MAX)) as NodeStatus;
    const { nodeId, state, sequence, stateHash } = status;
    output().result(
      { nodeId, state, sequence, stateHash },
      () => `node ${nodeId} is ${state} after entry ${sequence}`,
    );
  };
  admin
    .command('promote')
    .description('let a node that observes serve clients')
    .addOption(dataDirOption())
    .option('--take-over', 'first make the log of this cluster, which mirrors that of another one, its own')
    .option('--force', 'take over although the mirrored log answers')
    .action(({ dataDir, takeOver, force }: { dataDir: string; takeOver?: boolean; force?: boolean }) => {
      if (force === true && takeOver !== true) {
        throw new CliError(ExitCode.Usage, '--force goes with --take-over');
      }
      return ask(
        dataDir,
        { ask: 'promote', ...(takeOver === true ? { takeOver: { force: force === true } } : {}) },
        0,
      );
    });
  admin
    .command('demote')
    .description(
      'let a node that serves observe: load balancers are told at once, sessions end after a while',
    )
    .addOption(dataDirOption())
    .option(
      '--drain <seconds>',
      'how long load balancers have to look elsewhere',
      integerOption(0, DRAIN_SECONDS_MAX),
      DRAIN_SECONDS,
    )
    .action(({ dataDir, drain }: { dataDir: string; drain: number }) =>
      ask(dataDir, { ask: 'demote', drainMs: drain * 1_000 }, drain * 1_000),
    );
  admin
    .command('rotate-key')
    .description('sign bearer tokens with another key: those that the old one signed are void')
    .addOption(dataDirOption())
    .action(({ dataDir }: { dataDir: string }) => ask(dataDir, { ask: 'rotateKey' }, 0));
  return admin;
}
