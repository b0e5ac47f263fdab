import { Command } from 'commander';
import { formatByteSize } from '../byte-size.ts';
import type { DiskUsage } from '../disk/disk-usage.ts';
import type { NodeStatus } from '../node.ts';
import { dataDirOption } from './options.ts';
import type { Output } from './output.ts';
import type { Ready } from './ready-text.ts';
import { askStatus } from './status-socket.ts';

type Status = NodeStatus & Ready & { readonly pid: number };

/** `hive status`: what a running node says of itself. */
export function statusCommand(output: () => Output): Command {
  return new Command('status')
    .description('ask the node that runs on a data directory how it is')
    .addOption(dataDirOption())
    .action(async ({ dataDir }: { dataDir: string }) => {
      const status = (await askStatus(dataDir)) as Status;
      output().result(status, () => statusText(status));
    });
}

function statusText(status: Status): string {
  const { nodeId, epoch, state, reason, pid, ouch, marketData, sequence, archivedSequence } = status;
  const rows: [string, string][] = [
    ['node', `${nodeId}, start ${epoch} of its data directory, process ${pid}`],
    ['state', reason === undefined ? state : `${state}: ${reason}`],
    ['data directory', status.dataDirectory],
    ['orders', `${ouch.host}:${ouch.port}, ${status.ouchConnections} connections`],
    ['market data', `${marketData.host}:${marketData.port}, snapshots at port ${marketData.snapshotPort}`],
    ['log entry', `${sequence} durable, ${sequence - archivedSequence} not yet archived`],
    ['log begins', `with entry ${status.firstSequence}`],
    ['state hash', status.stateHash],
    ['snapshot', status.snapshotSequence === 0 ? 'none yet' : `of entry ${status.snapshotSequence}`],
    ['shadow core', divergence(status.divergedSequence)],
    ['log time', logTime(status)],
    ['open orders', String(status.openOrders)],
    ...diskRows(status.disk),
    ['up', `${status.uptimeSeconds} s`],
    ['memory', `${Math.round(status.rssBytes / 2 ** 20)} MiB`],
    ['loop delay', `${status.loopDelayUsP99} us (99 % of the time, since the last status)`],
    ...Object.entries(status.threads).map(([name, figure]): [string, string] => [name, String(figure)]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

function diskRows(disk: DiskUsage | undefined): [string, string][] {
  if (disk === undefined) return [['disk', 'not measured yet']];
  const { freeBytes, volumeBytes, warnFreeBelowBytes } = disk;
  const used = [
    ['log', disk.logBytes],
    ['snapshots', disk.snapshotBytes],
    ['reports', disk.reportBytes],
    ['history', disk.historyBytes],
    ['market data', disk.marketDataBytes],
  ].map(([name, bytes]) => `${name} ${formatByteSize(Number(bytes))}`);
  const free = `${formatByteSize(freeBytes)} of ${formatByteSize(volumeBytes)}`;
  const low = `${free}: LOW, below ${formatByteSize(warnFreeBelowBytes)}; when it is full, the venue stops (docs/disk-space.md)`;
  return [
    ['disk used', used.join(', ')],
    ['disk free', freeBytes < warnFreeBelowBytes ? low : free],
  ];
}

function divergence(sequence: number): string {
  if (sequence === 0) return 'agrees';
  return `DIFFERS since entry ${sequence}: do not trade on this node; keep its data directory and report it`;
}

function logTime({ logTimeOffsetMs, wallClockJumps }: Status): string {
  const side = logTimeOffsetMs < 0 ? 'behind' : 'ahead of';
  const offset = `${Math.abs(logTimeOffsetMs)} ms ${side} the wall clock`;
  const agrees = logTimeOffsetMs === 0 ? 'agrees with the wall clock' : offset;
  return `${agrees}, which jumped ${wallClockJumps} times since the start`;
}
