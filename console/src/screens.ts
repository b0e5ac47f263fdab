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
}

const { screens } = strings.common;

/** Every screen, in the order of the navigation. Each is loaded when it is first shown. */
export const SCREENS: readonly Screen[] = [
  {
    name: 'trade',
    label: screens.trade,
    actions: ['ViewMarket'],
    component: lazy(() => import('./screens/trade/trade-screen.tsx')),
  },
  {
    name: 'operate',
    label: screens.operate,
    actions: ['ViewNodes'],
    component: lazy(() => import('./screens/operate/operate-screen.tsx')),
  },
  {
    name: 'risk',
    label: screens.risk,
    actions: ['ViewAnyAccount'],
    component: lazy(() => import('./screens/risk/risk-screen.tsx')),
  },
  {
    name: 'replay',
    label: screens.replay,
    actions: ['ControlReplay'],
    component: lazy(() => import('./screens/replay/replay-screen.tsx')),
  },
  {
    name: 'status',
    label: screens.status,
    actions: undefined,
    component: lazy(() => import('./screens/status/status-screen.tsx')),
  },
  {
    name: 'setup',
    label: screens.setUp,
    actions: ['ManageUsers'],
    component: lazy(() => import('./screens/setup/setup-screen.tsx')),
  },
];
