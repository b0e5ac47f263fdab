/**
 * Judges what the nodes of a deployment say of themselves: `deployment-checks.ts DIRECTORY [--nodes N] [--allow-observing] [--json]`. The directory
 * has what `hive status --json` said of each node (N.node.json), what `hive status --cluster --json` said (cluster.json, of a cluster) and what kubectl
 * said of the pods (pods.json, in Kubernetes). Exits with 1 when a check fails. See validate-deployment.sh.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ClusterView } from '#app/cluster/cluster-nodes.ts';
import type { NodeStatus } from '#app/node-status.ts';
import { counted } from '#lib/counted.ts';

/** Entries that the archive may be behind: it takes seconds of a full load. */
const ARCHIVE_LAG_MAX = 100_000;
/** Entries that a node may be behind the end of the log while orders come. */
const NODE_LAG_MAX = 10_000;
/** The aim for what a loss of the node may lose (RPO). */
const BACKUP_LAG_SECONDS_MAX = 10;
/** Log time and the wall clock differ by more only where a clock is wrong. */
const CLOCK_OFFSET_MS_MAX = 1_000;

/** Something that a deployment must be, and what was found. */
export interface Check {
  readonly check: string;
  readonly passed: boolean;
  readonly evidence: string;
}

/** What kubectl says of pods, as far as it is looked at. */
export interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
    readonly status: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      readonly containerStatuses?: readonly { readonly name: string; readonly restartCount: number }[];
    };
  }[];
}

export interface Demands {
  /** Nodes that must serve (or observe, where that is allowed). */
  readonly nodes: number;
  readonly allowsObserving: boolean;
}

/** Looks at everything; the checks are in the order in which one looks for a cause. */
export function checksOf(
  nodes: readonly NodeStatus[],
  cluster: ClusterView | undefined,
  pods: Pods | undefined,
  demands: Demands,
): Check[] {
  return [
    ...(pods === undefined ? [] : podChecks(pods, demands)),
    ...(cluster === undefined ? [] : clusterChecks(cluster)),
    enoughNodes(nodes, demands),
    ...nodes.flatMap((node) => nodeChecks(node, demands)),
    ...(cluster === undefined ? [] : agreement(nodes, cluster)),
  ];
}

function podChecks({ items }: Pods, { allowsObserving }: Demands): Check[] {
  const images = new Set(
    items.flatMap(({ spec }) =>
      spec.containers.filter(({ name }) => name === 'hive-mind').map(({ image }) => image),
    ),
  );
  const restarted = items.filter(({ status }) =>
    (status.containerStatuses ?? []).some(({ restartCount }) => restartCount > 0),
  );
  const unready = items.filter(
    ({ status }) =>
      !(status.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  );
  const names = (pods: Pods['items']) => pods.map(({ metadata }) => metadata.name).join(', ');
  return [
    {
      check: 'one image, by digest',
      passed: images.size === 1 && [...images].every((image) => image.includes('@sha256:')),
      evidence: [...images].join(', '),
    },
    {
      check: 'no container was restarted',
      passed: restarted.length === 0,
      evidence: restarted.length === 0 ? 'none' : names(restarted),
    },
    // One that observes is not ready, by design.
    ...(allowsObserving
      ? []
      : [
          {
            check: 'pods are ready',
            passed: unready.length === 0,
            evidence: unready.length === 0 ? `all ${items.length}` : `not ${names(unready)}`,
          },
        ]),
  ];
}

function clusterChecks({ replicas, hasQuorum, lastSequence }: ClusterView): Check[] {
  const behind = replicas.filter(({ isCurrent }) => !isCurrent);
  const leader = replicas.find(({ isLeader }) => isLeader)?.server ?? '';
  return [
    { check: 'the log has a leader', passed: leader !== '', evidence: leader || 'none' },
    { check: 'the log has a quorum', passed: hasQuorum, evidence: `last entry ${lastSequence}` },
    {
      check: 'all copies of the log are current',
      passed: behind.length === 0,
      evidence:
        behind.length === 0
          ? replicas.map(({ server }) => server).join(', ')
          : behind
              .map(
                ({ server, lagEntries }) => `${server} is ${counted(lagEntries, 'entry', 'entries')} behind`,
              )
              .join(', '),
    },
  ];
}

function enoughNodes(nodes: readonly NodeStatus[], demands: Demands): Check {
  const fit = nodes.filter(({ state }) => isFit(state, demands));
  const states = nodes.map(({ nodeId, state }) => `${nodeId} ${state}`).join(', ');
  return {
    check: counted(demands.nodes, 'node serves', 'nodes serve'),
    passed: fit.length >= demands.nodes,
    evidence: states,
  };
}

function isFit(state: string, { allowsObserving }: Demands): boolean {
  return state === 'serving' || (allowsObserving && state === 'observing');
}

function nodeChecks(node: NodeStatus, demands: Demands): Check[] {
  const {
    nodeId,
    state,
    reason,
    divergedSequence,
    sequence,
    archivedSequence,
    disk,
    threads,
    logTimeOffsetMs,
  } = node;
  const lag = sequence - archivedSequence;
  const checks: [string, boolean, string][] = [
    ['is in service', isFit(state, demands), reason === undefined ? state : `${state}: ${reason}`],
    [
      'its shadow core agrees',
      divergedSequence === 0,
      divergedSequence === 0 ? `entry ${sequence}` : `differs since entry ${divergedSequence}`,
    ],
    ['its archive keeps up', lag <= ARCHIVE_LAG_MAX, `${counted(lag, 'entry', 'entries')} behind`],
    [
      'its clock is near log time',
      Math.abs(logTimeOffsetMs) <= CLOCK_OFFSET_MS_MAX,
      `${logTimeOffsetMs} ms apart`,
    ],
  ];
  if (disk !== undefined) {
    const { freeBytes, warnFreeBelowBytes } = disk;
    checks.push(['its disk has room', freeBytes >= warnFreeBelowBytes, `${freeBytes} bytes free`]);
  }
  const { backupLagSeconds, backupFailures, backupDead } = threads;
  if (backupLagSeconds !== undefined) {
    const isWell = backupLagSeconds <= BACKUP_LAG_SECONDS_MAX && !backupFailures && !backupDead;
    const figures = `${backupLagSeconds} s behind, ${backupFailures ?? 0} failures`;
    checks.push(['its backup keeps up', isWell, figures]);
  }
  return checks.map(([check, passed, evidence]) => ({ check: `node ${nodeId}: ${check}`, passed, evidence }));
}

/** Whether the nodes have the same state: at the same entry the same hash, and by what they attested in the log. */
function agreement(nodes: readonly NodeStatus[], { nodes: all, lastSequence }: ClusterView): Check[] {
  const byEntry = new Map<number, Set<string>>();
  for (const { sequence, stateHash } of all) {
    byEntry.set(sequence, (byEntry.get(sequence) ?? new Set()).add(stateHash));
  }
  const split = [...byEntry].filter(([, hashes]) => hashes.size > 1).map(([sequence]) => sequence);
  const accused = nodes.flatMap(({ nodeId, cluster }) =>
    (cluster?.peers ?? [])
      .filter(({ agrees }) => !agrees)
      .map((peer) => `node ${nodeId} contradicts node ${peer.nodeId}`),
  );
  const versions = new Set(all.map(({ coreVersion }) => coreVersion));
  const behind = nodes.filter(({ sequence }) => lastSequence - sequence > NODE_LAG_MAX);
  const unknown = nodes.filter(({ cluster }) => (cluster?.agreedSequence ?? 0) === 0);
  return [
    {
      check: 'nodes have the same state hash',
      passed: split.length === 0 && accused.length === 0,
      evidence:
        [...split.map((sequence) => `hashes differ at entry ${sequence}`), ...accused].join(', ') ||
        counted(all.length, 'node'),
    },
    {
      check: 'a majority attested the state of each node',
      passed: unknown.length === 0,
      evidence: nodes
        .map(({ nodeId, cluster }) => `${nodeId} to entry ${cluster?.agreedSequence ?? 0}`)
        .join(', '),
    },
    {
      check: 'nodes have the end of the log',
      passed: behind.length === 0,
      evidence: nodes.map(({ nodeId, sequence }) => `${nodeId} at ${sequence}`).join(', '),
    },
    {
      check: 'nodes follow the same rules',
      passed: versions.size <= 1,
      evidence: [...versions].map((version) => `core version ${version}`).join(', '),
    },
  ];
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      nodes: { type: 'string' },
      'allow-observing': { type: 'boolean', default: false },
    },
  });
  const [directory] = positionals;
  const read = (name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8'));
  const optional = (name: string) => (existsSync(join(directory, name)) ? read(name) : undefined);
  const nodes = readdirSync(directory)
    .filter((name) => name.endsWith('.node.json'))
    .sort()
    .map(read);
  const demands = { nodes: Number(values.nodes ?? nodes.length), allowsObserving: values['allow-observing'] };
  const checks = checksOf(nodes, optional('cluster.json'), optional('pods.json'), demands);
  const passed = checks.every((check) => check.passed);
  if (values.json) console.log(JSON.stringify({ passed, checks }));
  else {
    for (const { check, passed: isGood, evidence } of checks) {
      console.log(`${isGood ? 'ok  ' : 'FAIL'}  ${check} (${evidence})`);
    }
    console.log(passed ? 'fit to serve' : 'NOT FIT TO SERVE');
  }
  process.exitCode = passed ? 0 : 1;
}
