import { Command } from 'commander';
import { clusterDefaults } from '../config/cluster-section.ts';
import { loadConfiguration } from '../config/configuration.ts';
import { dataDirOption, serversOption } from './options.ts';
import type { Output } from './output.ts';

interface CreateOptions {
  readonly dataDir: string;
  readonly cluster: readonly string[];
  readonly config?: string;
}

/** `hive cluster`: makes clusters. */
export function clusterCommands(output: () => Output): Command {
  const cluster = new Command('cluster').description('make a cluster');
  cluster
    .command('create')
    .description(
      'make a cluster whose log continues that of a data directory: of a single node, or of a restored backup',
    )
    .addOption(dataDirOption())
    .requiredOption('--cluster <servers>', 'nats-servers of the new cluster', serversOption)
    .option('--config <file>', 'configuration file whose cluster section has the rest')
    .action(async ({ dataDir, cluster: servers, config }: CreateOptions) => {
      const { createCluster } = await import('../cluster/create-cluster.ts');
      const configured = config === undefined ? undefined : loadConfiguration(config).cluster;
      const settings = { ...clusterDefaults(), ...configured, servers };
      const created = await createCluster(dataDir, settings, (message) =>
        process.stderr.write(`hive: ${message}\n`),
      );
      const { logId, nodeId, sequence, stateHash } = created;
      output().result(
        { event: 'cluster-created', stream: settings.stream, ...created },
        () =>
          `stream ${settings.stream} continues log ${logId} behind entry ${sequence} (state ${stateHash}); start node ${nodeId} on ${dataDir} with --cluster, and others on empty data directories`,
      );
    });
  return cluster;
}
