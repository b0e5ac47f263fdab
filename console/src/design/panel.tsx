import type { ReactNode } from 'react';
import { useId } from 'react';
import { strings } from '../strings.ts';

/** A region of a screen: a heading, what can be done there, and its content. Old content is marked. */
export function Panel({
  title,
  tools,
  isStale = false,
  isReached = false,
  className = '',
  children,
}: {
  readonly title: string;
  readonly tools?: ReactNode;
  readonly isStale?: boolean;
  /** It scrolls and has nothing in it that the keyboard reaches: then it is reached itself. */
  readonly isReached?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}) {
  const id = useId();
  return (
    <section className={`panel ${isStale ? 'stale' : ''} ${className}`} aria-labelledby={id}>
      <div className="panel-head">
        <h2 id={id}>{title}</h2>
        {isStale && <StaleBadge />}
        {tools !== undefined && <div className="panel-tools">{tools}</div>}
      </div>
      <div className="panel-body" {...(isReached ? { tabIndex: 0 } : {})}>
        {children}
      </div>
    </section>
  );
}

/** Says that what is beside it is not kept up to date. */
export function StaleBadge() {
  return (
    <span className="badge warn" title={strings.common.staleTitle}>
      {strings.common.stale}
    </span>
  );
}
