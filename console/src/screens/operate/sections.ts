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
  /** Fetches it before it is shown. Rejects where it does not come. */
  load(): Promise<unknown>;
}

const { sections } = strings.operate;
const logTexts = strings.operateLog;

/** The sections in the order of their tabs. Each is a file, loaded when it is first shown, or with the screen. */
export const SECTIONS: readonly Section[] = [
  section('overview', sections.overview, ['ViewNodes'], () => import('./overview-section.tsx')),
  section(
    'markets',
    sections.markets,
    ['ControlPhases', 'KillSwitch'],
    () => import('./markets-section.tsx'),
  ),
  section('copies', sections.copies, ['ViewNodes'], () => import('./copies-section.tsx')),
  section('log', logTexts.log.section, ['ReadLog'], () => import('./log-tail-section.tsx')),
  section('orders', logTexts.order.section, ['ViewAnyAccount'], () => import('./order-timeline-section.tsx')),
  section('sessions', logTexts.sessions.section, ['ViewNodes'], () => import('./sessions-section.tsx')),
];

function section(
  name: string,
  label: string,
  actions: Section['actions'],
  load: () => Promise<{ readonly default: ComponentType<ScreenProps> }>,
): Section {
  return { name, label, actions, load, component: lazy(load) };
}
