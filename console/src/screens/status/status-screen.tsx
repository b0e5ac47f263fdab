import { useState } from 'react';
import type { StatusJson } from '#codec/json/status-json.ts';
import { channels, session } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { Link } from '../../design/link.tsx';
import { StaleBadge } from '../../design/panel.tsx';
import { Empty, ErrorState, Loading } from '../../design/states.tsx';
import { type Column, Table } from '../../design/table.tsx';
import { dateText } from '../../lib/format.ts';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { DayBars, DayLegend } from './day-bars.tsx';
import { faultsOf, type Part } from './days.ts';
import { IncidentDialog } from './incident-dialog.tsx';
import { type IncidentJson, IncidentList } from './incident-list.tsx';
import { partName, StateMark, StateWord } from './state-mark.tsx';
import './status.css';

const texts = strings.status;

interface StatusMessage {
  readonly channel: string;
  readonly type: string;
  readonly status: StatusJson;
}

/** What can be affected by an incident: also what this node does not have. */
const PARTS = Object.keys(texts.components);

/** How the venue is, for anybody; operations write incidents here. */
export default function StatusScreen() {
  const { value, isStale, problem } = useStore(channels.newest<StatusMessage>('status'));
  const state = useStore(session.state);
  const [writing, setWriting] = useState<'new' | IncidentJson>();
  if (value === undefined) return problem === undefined ? <Loading /> : <ErrorState problem={problem} />;
  const { status } = value;
  const mayWrite = state.kind === 'signed-in' && state.user.actions.has('ManageIncidents');
  const onUpdate = mayWrite ? setWriting : undefined;
  const open = status.incidents.filter((one) => one.state !== 'resolved');
  const isClouded = status.state === 'operational' && open.length > 0;
  const look = isClouded ? 'degraded' : status.state;
  const past = status.incidents.filter((one) => one.state === 'resolved');
  return (
    <div className={`status-page${isStale ? ' stale' : ''}`}>
      <header className={`status-overall ${look}`}>
        <StateMark state={look} size={28} />
        <div>
          <h1>{isClouded ? texts.withIncident : texts.overall[status.state]}</h1>
          <p>
            {texts.measuredBy(status.node, status.everySeconds)},{' '}
            <time dateTime={status.time}>{texts.updated(dateText(status.time))}</time>{' '}
            {isStale && <StaleBadge />}
          </p>
        </div>
        {mayWrite && (
          <Button className="status-write" onClick={() => setWriting('new')}>
            {texts.incidents.write}
          </Button>
        )}
      </header>
      {status.lacking.map((what) => (
        <p key={what} className="notice warn" role="status">
          {texts.lacking[what]}
        </p>
      ))}
      <section aria-labelledby="status-now">
        <h2 id="status-now">{texts.incidents.open}</h2>
        <IncidentList incidents={open} none={texts.incidents.noneOpen} onUpdate={onUpdate} />
      </section>
      <section aria-labelledby="status-parts">
        <h2 id="status-parts">{texts.partsTitle}</h2>
        <ul className="parts">
          {status.components.map((part) => (
            <PartRow key={part.name} part={part} status={status} />
          ))}
        </ul>
        <DayLegend />
        <Faults parts={status.components} />
      </section>
      <section aria-labelledby="status-past">
        <h2 id="status-past">{texts.incidents.past}</h2>
        <IncidentList incidents={past} none={texts.incidents.nonePast(status.daysMax)} onUpdate={onUpdate} />
      </section>
      <footer className="status-about">
        <h2>{texts.about.title}</h2>
        <p>{texts.about.text(status.everySeconds, status.daysMax)}</p>
        <p>
          {texts.about.machine}: <a href="/status.json">/status.json</a>
          {state.kind !== 'signed-in' && (
            <>
              {' · '}
              <Link to={[]}>{texts.about.signIn}</Link>
            </>
          )}
        </p>
      </footer>
      {writing !== undefined && (
        <IncidentDialog
          incident={writing === 'new' ? undefined : writing}
          parts={PARTS}
          onClose={() => setWriting(undefined)}
        />
      )}
    </div>
  );
}

function PartRow({ part, status }: { readonly part: Part; readonly status: StatusJson }) {
  const name = partName(part.name);
  return (
    <li className="part" data-part={part.name} data-state={part.state}>
      <div className="part-head">
        <h3>{name}</h3>
        <StateWord state={part.state} />
      </div>
      {part.reason !== undefined && <p className="part-reason">{part.reason}</p>}
      <DayBars part={part} name={name} time={status.time} days={status.daysMax} />
      <div className="part-foot">
        <span>{texts.daysAgo(status.daysMax - 1)}</span>
        <span>{part.uptimePercent === undefined ? texts.notMeasured : texts.uptime(part.uptimePercent)}</span>
        <span>{texts.today}</span>
      </div>
    </li>
  );
}

interface FaultRow {
  readonly name: string;
  readonly day: Part['days'][number];
}

const FAULT_COLUMNS: readonly Column<FaultRow>[] = [
  { name: 'part', label: texts.faults.part, cell: ({ name }) => partName(name) },
  { name: 'day', label: texts.faults.day, cell: ({ day }) => day.day },
  { name: 'outage', label: texts.faults.outage, isNumber: true, cell: ({ day }) => day.outageMinutes },
  { name: 'degraded', label: texts.faults.degraded, isNumber: true, cell: ({ day }) => day.degradedMinutes },
  {
    name: 'measured',
    label: texts.faults.measured,
    isNumber: true,
    cell: ({ day }) => day.operationalMinutes + day.degradedMinutes + day.outageMinutes,
  },
];

/** What the bars show, for those who read it. */
function Faults({ parts }: { readonly parts: readonly Part[] }) {
  const rows = parts
    .flatMap((part) => faultsOf(part).map((day) => ({ name: part.name, day })))
    .sort((a, b) => b.day.day.localeCompare(a.day.day));
  return (
    <details className="faults">
      <summary>{texts.faults.title}</summary>
      {rows.length === 0 ? (
        <Empty>{texts.faults.none}</Empty>
      ) : (
        <div className="faults-table">
          <Table
            label={texts.faults.title}
            columns={FAULT_COLUMNS}
            rows={rows}
            keyOf={({ name, day }) => `${name} ${day.day}`}
          />
        </div>
      )}
    </details>
  );
}
