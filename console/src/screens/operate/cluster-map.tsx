import { strings } from '../../strings.ts';
import { MarkPaths } from './level-mark.tsx';
import { countText } from './texts.ts';
import { findingsOf, isCopyWell, levelOfNode, wellText } from './verdict.ts';
import type { ClusterView, NodeView, StreamView } from './views.ts';

const COLUMN = 132;
/** As narrow as a column may become where there is little room. */
const COLUMN_MIN = 104;
const NODE_Y = 48;
const RADIUS = 40;
const SERVER_Y = 180;
const SERVER_WIDTH = 112;
const SERVER_HEIGHT = 44;
const HEIGHT = 210;

const texts = strings.operate.cluster;

/**
 * The nodes of the venue above, the copies of the log that they share below, and which node gets it from where. What is well
 * is calm; what is not stands out by shape, line and word.
 */
export function ClusterMap({ cluster }: { readonly cluster: ClusterView }) {
  const { nodes, stream } = cluster;
  const servers = [...(stream?.replicas ?? [])].sort((a, b) => (a.server < b.server ? -1 : 1));
  const columns = Math.max(nodes.length, servers.length, 1);
  const width = columns * COLUMN;
  const xOf = (index: number, count: number): number => (width * (index + 0.5)) / count;
  const serverX = new Map(servers.map(({ server }, index) => [server, xOf(index, servers.length)]));
  const findings = findingsOf(cluster);
  const said = findings.length === 0 ? wellText(cluster) : findings.map(({ text }) => text).join(' ');
  return (
    <div className="cluster-map">
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={width}
        style={{ minWidth: columns * COLUMN_MIN }}
        role="img"
        aria-label={texts.drawing(nodes.length, said)}
      >
        {nodes.map((node, index) => {
          const x = xOf(index, nodes.length);
          const to = stream === undefined ? x : serverX.get(node.server ?? '');
          return to === undefined ? null : <Line key={node.nodeId} node={node} from={x} to={to} />;
        })}
        {servers.length > 1 && (
          <Rail stream={stream} from={xOf(0, servers.length)} to={xOf(servers.length - 1, servers.length)} />
        )}
        {servers.map((copy) => (
          <Copy key={copy.server} x={serverX.get(copy.server) ?? 0} copy={copy} />
        ))}
        {stream === undefined &&
          nodes.map((node, index) => <OwnLog key={node.nodeId} x={xOf(index, nodes.length)} />)}
        {nodes.map((node, index) => (
          <Hexagon key={node.nodeId} node={node} x={xOf(index, nodes.length)} />
        ))}
      </svg>
    </div>
  );
}

function Hexagon({ node, x }: { readonly node: NodeView; readonly x: number }) {
  const level = levelOfNode(node);
  const { nodeId, state, isSelf, lagEntries = 0, agrees } = node;
  const points = Array.from({ length: 6 }, (_, corner) => {
    const angle = (Math.PI / 3) * corner + Math.PI / 6;
    return `${(RADIUS * Math.cos(angle)).toFixed(1)},${(RADIUS * Math.sin(angle)).toFixed(1)}`;
  }).join(' ');
  const second =
    agrees === 'no'
      ? texts.agrees.no
      : state === 'silent'
        ? ''
        : lagEntries > 0
          ? texts.behind(countText(lagEntries))
          : texts.upToDate;
  return (
    <g transform={`translate(${x} ${NODE_Y})`} className={`map-node ${level} ${state}`}>
      <polygon points={points} />
      <text y={isSelf ? 1 : 6} className="map-number">
        {nodeId}
      </text>
      {isSelf && (
        <text y={16} className="map-self">
          {texts.self}
        </text>
      )}
      <g transform={`translate(${RADIUS - 12} ${-RADIUS - 2})`} className={`level-mark ${level}`}>
        <MarkPaths level={level} />
      </g>
      <text y={RADIUS + 18} className="map-state">
        {texts.states[state]}
      </text>
      <text y={RADIUS + 34} className="map-detail">
        {second}
      </text>
    </g>
  );
}

function Line({ node, from, to }: { readonly node: NodeView; readonly from: number; readonly to: number }) {
  const isLost = node.state === 'silent' || node.state === 'stopped';
  const top = NODE_Y + RADIUS + 44;
  const bottom = SERVER_Y - SERVER_HEIGHT / 2;
  const middle = (top + bottom) / 2;
  return (
    <path
      d={`M${from} ${top}C${from} ${middle} ${to} ${middle} ${to} ${bottom}`}
      className={`map-line ${isLost ? 'lost' : ''}`}
    />
  );
}

/** What the copies have in common. Broken where most of them do not hold together. */
function Rail({
  stream,
  from,
  to,
}: {
  readonly stream: StreamView | undefined;
  readonly from: number;
  readonly to: number;
}) {
  return (
    <path
      d={`M${from} ${SERVER_Y}H${to}`}
      className={`map-rail ${stream?.hasQuorum === true ? '' : 'lost'}`}
    />
  );
}

function Copy({ x, copy }: { readonly x: number; readonly copy: StreamView['replicas'][number] }) {
  const { server, isLeader, lagEntries } = copy;
  const isWell = isCopyWell(copy);
  const state = isLeader ? texts.leads : isWell ? texts.current : texts.behind(countText(lagEntries));
  return (
    <g
      transform={`translate(${x} ${SERVER_Y})`}
      className={`map-copy ${isWell ? 'good' : 'warn'} ${isLeader ? 'leader' : ''}`}
    >
      <rect x={-SERVER_WIDTH / 2} y={-SERVER_HEIGHT / 2} width={SERVER_WIDTH} height={SERVER_HEIGHT} rx="3" />
      <text y={-4} className="map-server">
        {shortName(server)}
      </text>
      <text y={12} className="map-detail">
        {state}
      </text>
      {!isWell && (
        <g
          transform={`translate(${SERVER_WIDTH / 2 - 8} ${-SERVER_HEIGHT / 2 - 4})`}
          className="level-mark warn"
        >
          <MarkPaths level="warn" />
        </g>
      )}
    </g>
  );
}

function OwnLog({ x }: { readonly x: number }) {
  return (
    <g transform={`translate(${x} ${SERVER_Y})`} className="map-copy good leader">
      <rect x={-SERVER_WIDTH / 2} y={-SERVER_HEIGHT / 2} width={SERVER_WIDTH} height={SERVER_HEIGHT} rx="3" />
      <text y={5} className="map-detail">
        {texts.ownLog}
      </text>
    </g>
  );
}

function shortName(server: string): string {
  if (server === '') return texts.noServer;
  return server.length <= 16 ? server : `${server.slice(0, 15)}\u2026`;
}
