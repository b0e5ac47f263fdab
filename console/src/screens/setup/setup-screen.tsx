import type { ReactNode } from 'react';
import { Link } from '../../design/link.tsx';
import { ErrorState, Loading } from '../../design/states.tsx';
import { strings } from '../../strings.ts';
import { AssetsStep, type AssetTerms } from './assets-step.tsx';
import './setup.css';
import { InstrumentsStep, type InstrumentTerms } from './instruments-step.tsx';
import { TraderStep } from './trader-step.tsx';
import { useList } from './use-list.ts';

const texts = strings.firstRun;

/** From an empty venue to the first order: assets, instruments, a trader with money. */
export default function SetupScreen() {
  const assets = useList<AssetTerms>('/assets');
  const instruments = useList<InstrumentTerms>('/instruments');
  const problem = assets.problem ?? instruments.problem;
  const reload = (): void => {
    assets.reload();
    instruments.reload();
  };
  if (problem !== undefined) return <ErrorState problem={problem} onRetry={reload} />;
  if (assets.items === undefined || instruments.items === undefined) return <Loading />;
  const [first] = instruments.items;
  return (
    <div className="page setup">
      <h1>{texts.title}</h1>
      <p>{texts.intro}</p>
      <ol>
        <Step title={texts.password.title} isDone>
          <p>{texts.password.done}</p>
        </Step>
        <Step title={texts.assets.title} isDone={assets.items.length >= 2}>
          <AssetsStep assets={assets.items} onAdded={reload} />
        </Step>
        <Step title={texts.instruments.title} isDone={first !== undefined}>
          <InstrumentsStep assets={assets.items} instruments={instruments.items} onAdded={reload} />
        </Step>
        <Step title={texts.trader.title} isDone={false}>
          <TraderStep assets={assets.items} />
        </Step>
      </ol>
      {first !== undefined && <Link to={['trade', first.symbol]}>{texts.next}</Link>}
    </div>
  );
}

function Step({
  title,
  isDone,
  children,
}: {
  readonly title: string;
  readonly isDone: boolean;
  readonly children: ReactNode;
}) {
  return (
    <li className="step" data-done={isDone}>
      <h2>{title}</h2>
      {children}
    </li>
  );
}
