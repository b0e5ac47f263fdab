import { NONE } from '../../lib/format.ts';
import { strings } from '../../strings.ts';
import { LevelMark } from './level-mark.tsx';
import { ScrollRegion } from './scroll-region.tsx';
import { countText, hashText, offsetText } from './texts.ts';
import { type Level, levelOfNode } from './verdict.ts';
import type { NodeView } from './views.ts';

const texts = strings.operate.cluster;

/** The nodes of the venue, by number, with what they say of themselves. */
export function NodeTable({
  nodes,
  hasServers,
}: {
  readonly nodes: readonly NodeView[];
  readonly hasServers: boolean;
}) {
  const { columns } = texts;
  return (
    <ScrollRegion label={texts.table}>
      <table className="table" aria-label={texts.table}>
        <thead>
          <tr>
            <th scope="col">{columns.node}</th>
            <th scope="col">{columns.state}</th>
            <th scope="col" className="right">
              {columns.sequence}
            </th>
            <th scope="col" className="right">
              {columns.lag}
            </th>
            <th scope="col">{columns.hash}</th>
            <th scope="col" className="right">
              {columns.clock}
            </th>
            <th scope="col">{columns.version}</th>
            <th scope="col" className="right">
              {columns.rules}
            </th>
            {hasServers && <th scope="col">{columns.server}</th>}
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <Row key={node.nodeId} node={node} hasServers={hasServers} />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

const AGREEMENT: Readonly<Record<NodeView['agrees'], Level | 'unknown'>> = {
  yes: 'good',
  no: 'bad',
  unknown: 'unknown',
};

function Row({ node, hasServers }: { readonly node: NodeView; readonly hasServers: boolean }) {
  const { nodeId, isSelf, state, reason, sequence, lagEntries, stateHash, agrees } = node;
  const { clockOffsetMs, version = NONE, coreVersion, server = NONE } = node;
  return (
    <tr data-node={nodeId} data-state={state}>
      <th scope="row">
        {texts.node(nodeId)}
        {isSelf && <span className="muted"> {texts.selfShort}</span>}
      </th>
      <td title={reason}>
        <span className="with-mark">
          <LevelMark level={levelOfNode(node)} />
          {texts.states[state]}
        </span>
      </td>
      <td className="right">{countText(sequence)}</td>
      <td className="right">{countText(lagEntries)}</td>
      <td title={texts.agreesTitle[agrees]}>
        <span className="with-mark">
          <LevelMark level={AGREEMENT[agrees]} />
          {texts.agrees[agrees]}
          <code className="muted">{hashText(stateHash)}</code>
        </span>
      </td>
      <td className="right">{offsetText(clockOffsetMs)}</td>
      <td>{version}</td>
      <td className="right">{countText(coreVersion)}</td>
      {hasServers && <td>{server}</td>}
    </tr>
  );
}
