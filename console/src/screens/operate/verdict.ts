import { durationText } from '../../lib/format.ts';
import { strings } from '../../strings.ts';
import { countText, offsetText } from './texts.ts';
import type { ClusterView, NodeView, StreamView } from './views.ts';

/** How bad something is. */
export type Level = 'good' | 'warn' | 'bad';

export interface Finding {
  readonly level: Level;
  readonly text: string;
  /** The same without numbers that change all the time: what a screen reader says once. */
  readonly said: string;
}

/** A node that lags less is on its way. */
const LAG_ENTRIES_MAX = 1_000;
const CLOCK_OFFSET_MS_MAX = 1_000;
const COPY_SILENT_MS_MAX = 3_000;

const texts = strings.operate.verdict;

/** What is wrong with a node, the worst first. */
export function findingsOfNode(node: NodeView): Finding[] {
  const { nodeId, state, reason, agrees, isSelf, lagEntries = 0, clockOffsetMs = 0, silentMs } = node;
  const findings: Finding[] = [];
  const add = (level: Level, text: string, said = text): void => void findings.push({ level, text, said });
  if (state === 'silent') add('bad', texts.silent(nodeId, durationText(silentMs)), texts.silentSaid(nodeId));
  if (state === 'stopped') add('bad', texts.stopped(nodeId, reason));
  if (agrees === 'no') add('bad', isSelf ? texts.selfDiffers(nodeId) : texts.differs(nodeId));
  if (state === 'recovering') add('warn', texts.recovering(nodeId));
  if (state === 'observing') add('warn', texts.observing(nodeId));
  if (state !== 'silent' && lagEntries > LAG_ENTRIES_MAX)
    add('warn', texts.lags(nodeId, countText(lagEntries)), texts.lagsSaid(nodeId));
  if (Math.abs(clockOffsetMs) > CLOCK_OFFSET_MS_MAX)
    add('warn', texts.clock(nodeId, offsetText(clockOffsetMs)), texts.clockSaid(nodeId));
  return findings;
}

/** How a node is, all in all. */
export function levelOfNode(node: NodeView): Level {
  return worst(findingsOfNode(node));
}

/** What is wrong with the venue, the worst first. */
export function findingsOf({ nodes, stream }: ClusterView): Finding[] {
  const findings: Finding[] = [];
  const add = (level: Level, text: string, said = text): void => void findings.push({ level, text, said });
  if (stream !== undefined && !stream.hasQuorum) add('bad', texts.noQuorum);
  if (stream?.leader === '') add('bad', texts.noLeader);
  if (stream?.problem !== undefined) add('bad', texts.unsafe(stream.problem));
  for (const node of nodes) findings.push(...findingsOfNode(node));
  for (const copy of stream?.replicas ?? []) {
    const { server, lagEntries } = copy;
    if (!isCopyWell(copy))
      add('warn', texts.copyBehind(server, countText(lagEntries)), texts.copyBehindSaid(server));
  }
  const builds = new Map<string, number[]>();
  for (const { version, nodeId } of nodes) {
    if (version !== undefined) builds.set(version, [...(builds.get(version) ?? []), nodeId]);
  }
  if (builds.size > 1) {
    const list = [...builds].map(([version, nodeIds]) => `${version} (${nodeIds.join(', ')})`).join(', ');
    add('warn', texts.versions(list));
  }
  return findings.sort((a, b) => rank(b.level) - rank(a.level));
}

/** Whether a copy of the log has all of it, or is just getting the newest entries. */
export function isCopyWell({
  isCurrent,
  lagEntries,
  silentMs = Number.POSITIVE_INFINITY,
}: StreamView['replicas'][number]): boolean {
  return isCurrent || (lagEntries <= LAG_ENTRIES_MAX && silentMs <= COPY_SILENT_MS_MAX);
}

/** The level of the worst finding. */
export function worst(findings: readonly Finding[]): Level {
  return findings.reduce<Level>((level, one) => (rank(one.level) > rank(level) ? one.level : level), 'good');
}

/** What to say of a venue with which nothing is wrong. */
export function wellText({ nodes, stream }: ClusterView): string {
  return stream === undefined ? texts.oneServes : texts.allServe(nodes.length);
}

function rank(level: Level): number {
  return ['good', 'warn', 'bad'].indexOf(level);
}
