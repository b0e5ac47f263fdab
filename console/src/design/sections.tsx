import { useEffect, useRef } from 'react';
import { Link } from './link.tsx';

export interface SectionLink {
  readonly to: readonly string[];
  readonly label: string;
  readonly isCurrent: boolean;
}

/** The parts of a screen as links. Where they do not fit, the present one is brought into sight. */
export function Sections({
  label,
  links,
}: {
  readonly label: string;
  readonly links: readonly SectionLink[];
}) {
  const nav = useRef<HTMLElement>(null);
  const current = links.findIndex(({ isCurrent }) => isCurrent);
  useEffect(() => {
    const link = nav.current?.children[current];
    link?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [current]);
  return (
    <nav ref={nav} className="sections" aria-label={label}>
      {links.map(({ to, label: text, isCurrent }) => (
        <Link key={to.join(' ')} to={to} aria-current={isCurrent ? 'page' : undefined}>
          {text}
        </Link>
      ))}
    </nav>
  );
}
