import { channels } from '../../console.ts';
import { Panel } from '../../design/panel.tsx';
import { ErrorState, Loading } from '../../design/states.tsx';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { ClusterMap } from './cluster-map.tsx';
import { FiguresPanel, ThroughputChart } from './figures-panel.tsx';
import { type FiguresHistory, figuresStore } from './figures-store.ts';
import { NodeTable } from './node-table.tsx';
import { bytesText, countText } from './texts.ts';
import { isCopyWell } from './verdict.ts';
import type { ClusterMessage, StreamView } from './views.ts';

const texts = strings.operate.cluster;

/** The cluster and this node's order path. */
export default function OverviewSection() {
  const figures = useStore(figuresStore());
  return (
    <div className="overview">
      <ClusterPanel figures={figures.value} />
      <FiguresPanel live={figures} />
    </div>
  );
}

function ClusterPanel({ figures }: { readonly figures: FiguresHistory | undefined }) {
  const { value, isStale, problem } = useStore(channels.steadyPrivate<ClusterMessage>('cluster'));
  const cluster = value?.cluster;
  return (
    <Panel title={texts.title} isStale={isStale} className="cluster-panel">
      {cluster !== undefined ? (
        <>
          <ClusterMap cluster={cluster} />
          {cluster.stream !== undefined && <LogLine stream={cluster.stream} />}
          <NodeTable nodes={cluster.nodes} hasServers={cluster.stream !== undefined} />
          {figures !== undefined && <ThroughputChart history={figures} />}
        </>
      ) : problem === undefined ? (
        <Loading />
      ) : (
        <ErrorState problem={problem} />
      )}
    </Panel>
  );
}

function LogLine({ stream }: { readonly stream: StreamView }) {
  const { name, firstSequence, lastSequence, bytes, hasQuorum, replicas } = stream;
  const current = replicas.filter(isCopyWell).length;
  return (
    <p className={`log-line ${hasQuorum ? '' : 'lost'}`}>
      <span>{texts.log(name, countText(firstSequence), countText(lastSequence), bytesText(bytes))}</span>
      <span>{texts.copies(current, replicas.length)}</span>
      <strong>{hasQuorum ? texts.quorum : texts.noQuorum}</strong>
    </p>
  );
}
