import { useEffect, useState } from 'react';
import { socket } from '../console.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';

const SECOND_MS = 1_000;

/** Whether the node answers, and how fast: a shape and a word, not a colour alone. */
export function ConnectionState() {
  const connection = useStore(socket.connection);
  const texts = strings.common.connection;
  const roundTrip = connection.kind === 'online' ? connection.roundTripMs : undefined;
  return (
    <span className={`connection ${connection.kind}`} data-connection={connection.kind}>
      <svg viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
        {connection.kind === 'online' ? <circle cx="4" cy="4" r="4" /> : <path d="M0 0l8 8M8 0L0 8" />}
      </svg>
      <span className="connection-text">{texts[connection.kind]}</span>
      {roundTrip !== undefined && <span className="number muted">{texts.roundTrip(roundTrip)}</span>}
    </span>
  );
}

/** A bar across the screen while there is no connection. */
export function ConnectionBar() {
  const connection = useStore(socket.connection);
  const [now, setNow] = useState(Date.now);
  const isOffline = connection.kind === 'offline';
  useEffect(() => {
    if (!isOffline) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, [isOffline]);
  if (!isOffline) return null;
  const seconds = Math.max(0, Math.floor((now - connection.sinceMs) / SECOND_MS));
  return (
    <div className="connection-bar">
      <span role="alert">{strings.common.connection.lost}</span>{' '}
      {/* A screen reader says once that it is lost, and not each second. */}
      <span className="number" aria-hidden="true">
        {strings.common.connection.lostFor(seconds)}
      </span>
    </div>
  );
}
