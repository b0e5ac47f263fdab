import type { StatusJson } from '#codec/json/status-json.ts';
import { Button } from '../../design/button.tsx';
import { Empty } from '../../design/states.tsx';
import { dateText } from '../../lib/format.ts';
import { strings } from '../../strings.ts';
import { partName } from './state-mark.tsx';

export type IncidentJson = StatusJson['incidents'][number];
const texts = strings.status.incidents;

/** Incidents with every word on them, the newest first. */
export function IncidentList({
  incidents,
  none,
  onUpdate,
}: {
  readonly incidents: readonly IncidentJson[];
  /** What is said where there are none. */
  readonly none: string;
  /** Undefined: who looks may not write. */
  readonly onUpdate: ((incident: IncidentJson) => void) | undefined;
}) {
  if (incidents.length === 0) return <Empty>{none}</Empty>;
  return (
    <ul className="incidents">
      {incidents.map((incident) => (
        <li key={incident.incidentId} className={`incident ${incident.severity}`}>
          <div className="incident-head">
            <h3>{incident.title}</h3>
            <span className="badge">{texts.severities[incident.severity]}</span>
            {onUpdate !== undefined && (
              <Button isSmall onClick={() => onUpdate(incident)} aria-label={texts.updateOf(incident.title)}>
                {texts.update}
              </Button>
            )}
          </div>
          <p className="muted">{texts.affects(incident.components.map(partName).join(', '))}</p>
          <ol className="incident-posts">
            {incident.posts.map((post) => (
              <li key={post.sequence}>
                <strong>{texts.states[post.state]}</strong>
                <time dateTime={post.time} className="muted">
                  {dateText(post.time)}
                </time>
                <p>{post.text}</p>
              </li>
            ))}
          </ol>
        </li>
      ))}
    </ul>
  );
}
