import { type ComponentType, lazy } from 'react';
import type { ActionName } from '#domain/permissions.ts';
import type { ScreenProps } from './screens/screen-props.ts';
import { strings } from './strings.ts';

export interface Screen {
  /** The first part of its path. */
  readonly name: string;
  readonly label: string;
  /** Who may see it: whoever may do one of these. Undefined: anybody, also without having signed in. */
  readonly actions: readonly ActionName[] | undefined;
  readonly component: ComponentType<ScreenProps>;
  /** Fetches it before it is shown. Rejects where it does not come. */
  load(): Promise<unknown>;
}

const { screens } = strings.common;

/** Every screen, in the order of the navigation. Each is loaded when it is first shown, or soon after somebody signed in. */
export const SCREENS: readonly Screen[] = [
  screen('trade', screens.trade, ['ViewMarket'], () => import('./screens/trade/trade-screen.tsx')),
  screen('operate', screens.operate, ['ViewNodes'], () => import('./screens/operate/operate-screen.tsx')),
  screen('risk', screens.risk, ['ViewAnyAccount'], () => import('./screens/risk/risk-screen.tsx')),
  screen('replay', screens.replay, ['ControlReplay'], () => import('./screens/replay/replay-screen.tsx')),
  screen('status', screens.status, undefined, () => import('./screens/status/status-screen.tsx')),
  screen('setup', screens.setUp, ['ManageUsers'], () => import('./screens/setup/setup-screen.tsx')),
];

function screen(
  name: string,
  label: string,
  actions: Screen['actions'],
  load: () => Promise<{ readonly default: ComponentType<ScreenProps> }>,
): Screen {
  return { name, label, actions, load, component: lazy(load) };
}
