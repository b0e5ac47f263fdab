import { useMemo, useState } from 'react';
import { Panel } from '../../design/panel.tsx';
import { ErrorState, Loading } from '../../design/states.tsx';
import type { Live } from '../../state/channel-store.ts';
import { strings } from '../../strings.ts';
import { type FiguresHistory, PERCENTILES, RATES, type Sample, STAGES, type Stage } from './figures-store.ts';
import { ScrollRegion } from './scroll-region.tsx';
import { bytesText, countText, microsecondsText } from './texts.ts';
import { type Series, TimeChart } from './time-chart.tsx';
import type { FiguresView } from './views.ts';

const texts = strings.operate.figures;

const PERCENTILE_SERIES: readonly Series[] = [
  { label: texts.percentiles.p50Us, token: '--up' },
  { label: texts.percentiles.p90Us, token: '--text-2', dash: [6, 3] },
  { label: texts.percentiles.p99Us, token: '--accent' },
  { label: texts.percentiles.p999Us, token: '--warn' },
  { label: texts.percentiles.maxUs, token: '--down', dash: [2, 3] },
];
const RATE_SERIES: readonly Series[] = [
  { label: texts.entries, token: '--text-3', dash: [2, 3] },
  { label: texts.orders, token: '--accent' },
  { label: texts.trades, token: '--up' },
  { label: texts.reports, token: '--warn', dash: [6, 3] },
];

/** How fast the order path of the node is, how much goes through it, and what it needs. */
export function FiguresPanel({ live }: { readonly live: Live<FiguresHistory> }) {
  const { value, problem, isStale } = live;
  const title = value === undefined ? texts.title : texts.nodeTitle(value.newest.nodeId);
  return (
    <Panel title={title} isStale={isStale} className="figures-panel">
      {value !== undefined ? (
        <Figures history={value} />
      ) : problem === undefined ? (
        <Loading />
      ) : (
        <ErrorState problem={problem} />
      )}
    </Panel>
  );
}

function Figures({ history }: { readonly history: FiguresHistory }) {
  const [stage, setStage] = useState<Stage>('total');
  const { newest, samples } = history;
  const times = useMemo(() => samples.map(({ atSeconds }) => atSeconds), [samples]);
  const latency = useMemo(() => latencyLines(samples, stage), [samples, stage]);
  const chosen = newest.latency.find((one) => one.stage === stage);
  const latencyNow = PERCENTILES.map(
    (name) => `${texts.percentiles[name]} ${microsecondsText(chosen?.[name] ?? 0)}`,
  );
  const latencyTitle = `${texts.latency}: ${texts.stages[stage]}`;
  return (
    <div className="figures">
      <Vitals figures={newest} />
      <StageTable figures={newest} chosen={stage} onChoose={setStage} />
      <ChartHead title={latencyTitle} series={PERCENTILE_SERIES} />
      <TimeChart
        label={texts.chart(latencyTitle, latencyNow.join(', '))}
        series={PERCENTILE_SERIES}
        times={times}
        values={latency}
        isLogarithmic
        format={microsecondsText}
      />
    </div>
  );
}

/** How much goes through the log of the venue. */
export function ThroughputChart({ history }: { readonly history: FiguresHistory }) {
  const { newest, samples } = history;
  const times = useMemo(() => samples.map(({ atSeconds }) => atSeconds), [samples]);
  const rates = useMemo(() => rateLines(samples), [samples]);
  const now = RATES.map((name) => `${texts[name]} ${newest.throughput[name]}`);
  return (
    <div className="throughput">
      <ChartHead
        title={`${texts.throughput} ${texts.perSecond}`}
        series={RATE_SERIES}
        values={RATES.map((name) => newest.throughput[name])}
      />
      <TimeChart
        label={texts.chart(texts.throughput, now.join(', '))}
        series={RATE_SERIES}
        times={times}
        values={rates}
        format={countText}
      />
    </div>
  );
}

/** A title and what each line is. */
function ChartHead({
  title,
  series,
  values,
}: {
  readonly title: string;
  readonly series: readonly Series[];
  readonly values?: readonly number[];
}) {
  return (
    <div className="chart-head">
      <h3>{title}</h3>
      <ul>
        {series.map(({ label, token, dash }, index) => (
          <li key={label}>
            <svg width="18" height="8" aria-hidden="true">
              <path d="M0 4H18" stroke={`var(${token})`} strokeWidth="2" strokeDasharray={dash?.join(' ')} />
            </svg>
            {label}
            {values !== undefined && <span className="number">{countText(values[index])}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function StageTable({
  figures,
  chosen,
  onChoose,
}: {
  readonly figures: FiguresView;
  readonly chosen: Stage;
  onChoose(stage: Stage): void;
}) {
  return (
    <ScrollRegion label={texts.stageTable}>
      <table className="table" aria-label={texts.stageTable}>
        <thead>
          <tr>
            <th scope="col">{texts.stage}</th>
            {PERCENTILES.map((name) => (
              <th key={name} scope="col" className="right">
                {texts.percentiles[name]}
              </th>
            ))}
            <th scope="col" className="right">
              {texts.count}
            </th>
          </tr>
        </thead>
        <tbody>
          {STAGES.map((stage) => {
            const row = figures.latency.find((one) => one.stage === stage);
            return (
              <tr key={stage} className={stage === chosen ? 'chosen' : ''} data-stage={stage}>
                <th scope="row">
                  <button
                    type="button"
                    className="row-choice"
                    aria-pressed={stage === chosen}
                    title={texts.stageTitles[stage]}
                    onClick={() => onChoose(stage)}
                  >
                    {texts.stages[stage]}
                  </button>
                </th>
                {PERCENTILES.map((name) => (
                  <td key={name} className="right">
                    {microsecondsText(row?.[name] ?? 0)}
                  </td>
                ))}
                <td className="right">{countText(row?.count ?? 0)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function Vitals({ figures }: { readonly figures: FiguresView }) {
  const { loop, memory, openOrders, connections } = figures;
  const rows = [
    [texts.busy, `${loop.busyPercent}\u2009%`],
    [texts.delay, microsecondsText(loop.delayUsP99)],
    [texts.memory, bytesText(memory.residentBytes)],
    [texts.openOrders, countText(openOrders)],
    ...connections.map(({ door, connections: count }) => [texts.doors[door], countText(count)]),
  ];
  return (
    <dl className="vitals">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="number">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A second without a command has no latency. */
function latencyLines(samples: readonly Sample[], stage: Stage): (number | null)[][] {
  return PERCENTILES.map((name) =>
    samples.map(({ figures }) => {
      const row = figures?.latency.find((one) => one.stage === stage);
      return row === undefined || row.count === 0 ? null : Math.max(1, row[name]);
    }),
  );
}

function rateLines(samples: readonly Sample[]): (number | null)[][] {
  return RATES.map((name) => samples.map(({ figures }) => figures?.throughput[name] ?? null));
}
