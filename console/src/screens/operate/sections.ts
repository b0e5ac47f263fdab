import { type ComponentType, lazy } from 'react';
import type { ActionName } from '#domain/permissions.ts';
import { strings } from '../../strings.ts';
import type { ScreenProps } from '../screen-props.ts';

/** A part of the screen, with a path of its own below /operate. */
export interface Section {
  readonly name: string;
  readonly label: string;
  /** Who may see it: whoever may do one of these. */
  readonly actions: readonly ActionName[];
  /** `rest` is what the path has behind the section's name. */
  readonly component: ComponentType<ScreenProps>;
}

const { sections } = strings.operate;
const logTexts = strings.operateLog;

/** The sections in the order of their tabs. Each is a file, loaded when it is first shown. */
export const SECTIONS: readonly Section[] = [
  {
    name: 'overview',
    label: sections.overview,
    actions: ['ViewNodes'],
    component: lazy(() => import('./overview-section.tsx')),
  },
  {
    name: 'markets',
    label: sections.markets,
    actions: ['ControlPhases', 'KillSwitch'],
    component: lazy(() => import('./markets-section.tsx')),
  },
  {
    name: 'copies',
    label: sections.copies,
    actions: ['ViewNodes'],
    component: lazy(() => import('./copies-section.tsx')),
  },
  {
    name: 'log',
    label: logTexts.log.section,
    actions: ['ReadLog'],
    component: lazy(() => import('./log-tail-section.tsx')),
  },
  {
    name: 'orders',
    label: logTexts.order.section,
    actions: ['ViewAnyAccount'],
    component: lazy(() => import('./order-timeline-section.tsx')),
  },
  {
    name: 'sessions',
    label: logTexts.sessions.section,
    actions: ['ViewNodes'],
    component: lazy(() => import('./sessions-section.tsx')),
  },
];
