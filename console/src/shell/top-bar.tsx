import type { SignedIn } from '../api/session.ts';
import { session } from '../console.ts';
import { Button } from '../design/button.tsx';
import { Link } from '../design/link.tsx';
import { chooseTheme, THEMES, type Theme, theme } from '../design/theme.ts';
import type { Screen } from '../screens.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { ConnectionState } from './connection.tsx';

/** Above every screen: where one can go, how the connection is, the theme, and who is signed in. */
export function TopBar({
  screens,
  chosen,
  user,
}: {
  readonly screens: readonly Screen[];
  readonly chosen: string;
  readonly user: SignedIn | undefined;
}) {
  const { common } = strings;
  return (
    <header className="top-bar">
      <Link to={[]} className="brand">
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <path
            d="M8 .8l6.2 3.6v7.2L8 15.2l-6.2-3.6V4.4z"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.4"
          />
          <path d="M5.5 10V7.4m2.5 4V5.2m2.5 5.2V6.2" stroke="currentColor" strokeWidth="1.4" />
        </svg>
        <span className="brand-text">{common.product}</span>
      </Link>
      <nav className="navigation" aria-label={common.navigation}>
        {screens.map(({ name, label }) => (
          <Link key={name} to={[name]} aria-current={name === chosen ? 'page' : undefined}>
            {label}
          </Link>
        ))}
      </nav>
      <div className="top-tools">
        <ConnectionState />
        <ThemeChoice />
        {user !== undefined && (
          <>
            <span className="who" title={common.signedInAs(user.name, user.role)}>
              <strong>{user.name}</strong> <span className="muted">{user.role}</span>
            </span>
            <Button look="quiet" isSmall onClick={() => session.signOut()}>
              {common.signOut}
            </Button>
          </>
        )}
      </div>
    </header>
  );
}

function ThemeChoice() {
  const chosen = useStore(theme);
  const texts = strings.common.theme;
  return (
    <select
      className="input theme-choice"
      aria-label={texts.label}
      value={chosen}
      onChange={(event) => chooseTheme(event.target.value as Theme)}
    >
      {THEMES.map((one) => (
        <option key={one} value={one}>
          {texts[one]}
        </option>
      ))}
    </select>
  );
}
