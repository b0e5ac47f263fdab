import { Component, type ReactNode, Suspense, useEffect, useMemo } from 'react';
import { problemOf } from './api/problem.ts';
import type { SessionState, SignedIn } from './api/session.ts';
import { rest, session } from './console.ts';
import { ErrorState, Loading } from './design/states.tsx';
import { Toasts } from './design/toasts.tsx';
import { navigate, path } from './lib/router.ts';
import { SignInScreen } from './screens/sign-in/sign-in-screen.tsx';
import { SCREENS, type Screen } from './screens.ts';
import { ConnectionBar } from './shell/connection.tsx';
import { TopBar } from './shell/top-bar.tsx';
import { useStore } from './state/use-store.ts';
import { strings } from './strings.ts';

/** Screens that were not opened yet are fetched so long after the sign-in: then they open also while the node does not answer. */
const LOAD_OTHERS_MS = 5_000;

/** The whole console: the bar above, and the screen that the path names. */
export function App() {
  const state = useStore(session.state);
  const [name = '', ...below] = useStore(path);
  const screen = SCREENS.find((one) => one.name === name);
  const user = state.kind === 'signed-in' ? state.user : undefined;
  const visible = useMemo(() => SCREENS.filter((one) => isAllowed(one, user)), [user]);
  useEffect(() => {
    if (name !== '' || user === undefined) return;
    void landingOf(user).then((landing) => {
      if (path.get().length === 0) navigate([landing], true);
    });
  }, [name, user]);
  useEffect(() => {
    if (user === undefined) return;
    const timer = setTimeout(() => {
      for (const one of visible) one.load().catch(() => {});
    }, LOAD_OTHERS_MS);
    return () => clearTimeout(timer);
  }, [user, visible]);
  const title = screen === undefined ? [] : [screen.label, ...below, '\u2013'];
  const titleText = [...title, strings.common.product].join(' ');
  useEffect(() => {
    document.title = titleText;
  }, [titleText]);
  return (
    <div className="app">
      <a className="skip" href="#content">
        {strings.common.skip}
      </a>
      <TopBar screens={visible} chosen={name} user={user} />
      <ConnectionBar />
      <main id="content" className="content" tabIndex={-1}>
        <Guard key={`${name} ${user?.sessionNo}`}>
          <Suspense fallback={<Loading />}>
            <Content name={name} rest={below} screen={screen} state={state} />
          </Suspense>
        </Guard>
      </main>
      <Toasts />
    </div>
  );
}

/** The screen of a user's work; in an empty venue, of who can set it up, that. */
async function landingOf(user: SignedIn): Promise<string> {
  const { actions } = user;
  const first =
    actions.has('PlaceOrders') || !actions.has('ViewAnyAccount')
      ? 'trade'
      : actions.has('ViewNodes')
        ? 'operate'
        : 'risk';
  if (!user.actions.has('ManageUsers')) return first;
  try {
    const { items } = await rest.get<{ readonly items: readonly unknown[] }>('/instruments', { limit: 1 });
    return items.length === 0 ? 'setup' : first;
  } catch {
    return first;
  }
}

function isAllowed({ actions }: Screen, user: SignedIn | undefined): boolean {
  return actions === undefined || (user !== undefined && actions.some((action) => user.actions.has(action)));
}

function Content({
  name,
  rest,
  screen,
  state,
}: {
  readonly name: string;
  readonly rest: readonly string[];
  readonly screen: Screen | undefined;
  readonly state: SessionState;
}) {
  const isPublic = screen !== undefined && screen.actions === undefined;
  if (isPublic) return <screen.component rest={rest} />;
  if (state.kind === 'starting') return <Loading />;
  if (state.kind === 'signed-out') return <SignInScreen because={state.because} />;
  if (screen === undefined) return name === '' ? <Loading /> : <Nothing {...strings.common.notFound} />;
  if (isAllowed(screen, state.user)) return <screen.component rest={rest} />;
  const { title, detail } = strings.common.noAccess;
  return <Nothing title={title} detail={detail(state.user.role)} />;
}

function Nothing({ title, detail }: { readonly title: string; readonly detail: string }) {
  return (
    <div className="page">
      <h1>{title}</h1>
      <p>{detail}</p>
    </div>
  );
}

/** A screen that fails takes nothing else with it. */
class Guard extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div className="page">
        <ErrorState problem={problemOf(error)} onRetry={() => location.reload()} />
      </div>
    );
  }
}
