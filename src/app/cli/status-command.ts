import { Command } from 'commander';
import { counted } from '#lib/counted.ts';
import { formatByteSize } from '../byte-size.ts';
import type { ClusterView, MirrorView } from '../cluster/cluster-nodes.ts';
import type { DiskUsage } from '../disk/disk-usage.ts';
import type { ClusterStatus, NodeStatus } from '../node-status.ts';
import { type ClockReading, ClockSource } from '../operations/clock-source.ts';
import { askNode } from './node-socket.ts';
import { dataDirOption } from './options.ts';
import { entriesText, type Output } from './output.ts';
import type { Ready } from './ready-text.ts';

export type Status = NodeStatus & Ready & { readonly pid: number; readonly clock: ClockReading };

/** `hive status`: what a running node says of itself, and its machine of the clock. */
export function statusCommand(output: () => Output): Command {
  return new Command('status')
    .description('ask the node that runs on a data directory how it is')
    .addOption(dataDirOption())
    .option('--cluster', 'the whole cluster as that node sees it: nodes, states, the log and its copies')
    .action(async ({ dataDir, cluster }: { dataDir: string; cluster?: boolean }) => {
      if (cluster === true) {
        const view = (await askNode(dataDir, { ask: 'cluster' })) as ClusterView;
        output().result(view, () => clusterText(view));
        return;
      }
      const answer = (await askNode(dataDir, { ask: 'status' })) as Omit<Status, 'clock'>;
      const status = { ...answer, clock: await (await ClockSource.open()).read() };
      output().result(status, () => statusText(status));
    });
}

/** A node's own words, for people. */
export function statusText(status: Status): string {
  const { nodeId, epoch, state, reason, pid, ouch, marketData, sequence, archivedSequence } = status;
  const rows: [string, string][] = [
    ['node', `${nodeId}, start ${epoch} of its data directory, process ${pid}`],
    ['state', reason === undefined ? state : `${state}: ${reason}`],
    ['data directory', status.dataDirectory],
    ['orders', `${ouch.host}:${ouch.port}, ${counted(status.ouchConnections, 'connection')}`],
    ['market data', `${marketData.host}:${marketData.port}, snapshots at port ${marketData.snapshotPort}`],
    ['log entry', `${sequence} durable, ${sequence - archivedSequence} not yet archived`],
    ['log begins', `with entry ${status.firstSequence}`],
    ['state hash', status.stateHash],
    ...(status.logProblem === undefined
      ? []
      : [['log', `MAY STOP: ${status.logProblem}`] as [string, string]]),
    ['snapshot', status.snapshotSequence === 0 ? 'none yet' : `of entry ${status.snapshotSequence}`],
    ['shadow core', divergence(status.divergedSequence)],
    ...clusterRows(status.cluster),
    ['log time', logTime(status)],
    ['wall clock', wallClock(status.clock)],
    ['open orders', String(status.openOrders)],
    ...diskRows(status.disk),
    ['up', `${status.uptimeSeconds} s`],
    ['memory', `${Math.round(status.rssBytes / 2 ** 20)} MiB`],
    ['loop delay', `${status.loopDelayUsP99} us (99 % of the time, in the last second)`],
    ['loop busy', `${status.loopBusyPercent} % of the last second`],
    ...Object.entries(status.threads).map(([name, figure]): [string, string] => [name, String(figure)]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

/** A cluster, for people. */
export function clusterText({
  stream,
  firstSequence,
  lastSequence,
  bytes,
  replicas,
  hasQuorum,
  nodes,
  mirror,
  fixMirror,
}: ClusterView): string {
  const quorum = hasQuorum ? 'has a quorum' : 'has NO QUORUM: no order becomes durable';
  const lines = [
    `log ${stream}: ${entriesText(firstSequence, lastSequence)}, ${formatByteSize(bytes)}; it ${quorum}`,
  ];
  if (mirror !== undefined) {
    const { domain, lagEntries } = mirror;
    lines.push(
      `  it mirrors the log of domain ${domain}: ${counted(lagEntries, 'entry', 'entries')} behind, ${heardText(mirror)}`,
    );
  }
  if (fixMirror !== undefined) {
    const { lagEntries } = fixMirror;
    lines.push(
      `  its FIX sessions are mirrored, too: ${counted(lagEntries, 'record')} behind, ${heardText(fixMirror)}`,
    );
  }
  for (const { server, isLeader, isCurrent, lagEntries } of replicas) {
    const lag = isCurrent ? 'current' : `BEHIND by ${counted(lagEntries, 'entry', 'entries')}, or gone`;
    lines.push(`  copy on ${server}: ${isLeader ? 'leads' : lag}`);
  }
  const rows = [
    ['node', 'state', 'entry', 'lag', 'state hash', 'agreed', 'version', 'rules', 'nats-server'],
    ...nodes.map((node) => [
      String(node.nodeId),
      node.state,
      String(node.sequence),
      String(Math.max(0, lastSequence - node.sequence)),
      node.stateHash,
      String(node.agreedSequence),
      node.version,
      `${node.coreVersion} of ${node.coreVersionMax}`,
      node.server,
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    lines.push(
      row
        .map((text, column) => text.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
  return lines.join('\n');
}

function heardText({ silentMs }: MirrorView): string {
  return silentMs === undefined ? 'not heard yet' : `heard ${silentMs} ms ago`;
}

function clusterRows(cluster: ClusterStatus | undefined): [string, string][] {
  if (cluster === undefined) return [];
  const { stream, problem, log, peers, agreedSequence } = cluster;
  const { isConnected, server, leader, isInDoubt, doubts, lastDoubt, lagEntries } = log;
  const doubt = isInDoubt
    ? `IN DOUBT (${lastDoubt})`
    : doubts === 0
      ? 'no doubts'
      : `${counted(doubts, 'doubt')}, the last: ${lastDoubt}`;
  const others = peers.map(
    ({ nodeId, isSilent, agrees }) => `${nodeId}${isSilent ? ' silent' : ''}${agrees ? '' : ' DIFFERS'}`,
  );
  return [
    [
      'cluster log',
      `${stream}, ${isConnected ? `at ${server}` : 'NOT CONNECTED'}, led by ${leader}, ${lagEntries} behind, ${doubt}`,
    ],
    ...(problem === undefined ? [] : [['stream', `NOT SAFE: ${problem}`] as [string, string]]),
    ['cluster nodes', others.join(', ')],
    ['agreed', agreedSequence === 0 ? 'not yet compared' : `up to entry ${agreedSequence}`],
  ];
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
  return `${agrees}, which jumped ${counted(wallClockJumps, 'time')} since the start`;
}

function wallClock({ isSynchronised, offsetSeconds = 0, maxErrorSeconds }: ClockReading): string {
  if (maxErrorSeconds === undefined) return 'nothing here says whether it is synchronised';
  if (!isSynchronised)
    return 'NOT SYNCHRONISED: start or mend its time service (docs/operations/runbooks.md, "HiveClockUnsynchronised")';
  const side = offsetSeconds < 0 ? 'behind' : 'ahead of';
  return `synchronised: ${milliseconds(Math.abs(offsetSeconds))} ${side} true time, within ${milliseconds(maxErrorSeconds)}`;
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1e3).toFixed(3)} ms`;
}
