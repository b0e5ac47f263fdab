import { ComponentState, type ComponentStatus } from '#domain/component-status.ts';
import type { NodeState } from '../node-status.ts';

const { Operational, Degraded, Outage } = ComponentState;

/** Words of events that a reader may lag behind before it counts as slow: a quarter of the event ring. */
export const LAG_WORDS_MAX = 1 << 20;
/** Entries that the archive may lag behind. */
export const ARCHIVE_LAG_ENTRIES_MAX = 100_000;
/** Seconds for which something durable may wait for the backup's target. */
export const BACKUP_LAG_SECONDS_MAX = 60;

/** What a node knows of itself when it is looked at. */
export interface ComponentFacts {
  readonly state: NodeState;
  readonly isDraining: boolean;
  /** The log has been out of reach for long: clients are told to go elsewhere. */
  readonly isCutOff: boolean;
  /** Entries are on their way and it is not known whether they are in the log. */
  readonly isInDoubt: boolean;
  /** Writing the log has failed. */
  readonly hasLogFailed: boolean;
  readonly isDiskLow: boolean;
  readonly isVenueKilled: boolean;
  readonly divergedSequence: number;
  /** Entries that the archive has still to apply. */
  readonly archiveLagEntries: number;
  /** What the node has by configuration. */
  readonly has: { readonly http: boolean; readonly fix: boolean; readonly backup: boolean };
  /** Figures of the threads, by name (docs/architecture.md), and those of the look before. */
  readonly figures: Figures;
  readonly before: Figures;
  /** The other nodes of the cluster, and whether the log has had nothing of them for ten seconds. */
  readonly peers: readonly { readonly nodeId: number; readonly isSilent: boolean }[];
}

type Figures = { readonly [name: string]: number | undefined };
/** State and reason. */
type Verdict = readonly [ComponentState, string];

const FINE: Verdict = [Operational, ''];

/** The first rule whose condition holds decides. */
function firstOf(...rules: readonly (readonly [boolean, ComponentState, string])[]): Verdict {
  const rule = rules.find(([holds]) => holds);
  return rule === undefined ? FINE : [rule[1], rule[2]];
}

/**
 * How each part of the venue is, as this node sees it: the rules of docs/status.md, in the order in which they are there. A node that
 * observes serves nobody by intention: its doors are no parts then.
 */
export function componentStates(facts: ComponentFacts): ComponentStatus[] {
  const { state, figures, before, has, peers } = facts;
  const grew = (name: string): boolean => (figures[name] ?? 0) > (before[name] ?? 0);
  const isAbove = (name: string, max: number): boolean => (figures[name] ?? 0) > max;
  const isSet = (name: string): boolean => figures[name] === 1;
  const closed = [state !== 'serving', Outage, 'the node does not serve'] as const;
  const edge = [
    closed,
    [isSet('edgeDead'), Outage, 'its thread has ended'],
    [isAbove('edgeLagWords', LAG_WORDS_MAX), Degraded, 'it lags behind the market'],
    [grew('edgeRefused'), Degraded, 'commands were refused because too many waited'],
  ] as const;
  const verdicts: [name: string, isThere: boolean, verdict: Verdict][] = [
    [
      'order-entry',
      state !== 'observing',
      firstOf(
        closed,
        [facts.isCutOff, Outage, 'the node is cut off from the log'],
        [facts.isDraining, Degraded, 'the node is about to close its doors'],
        [facts.isInDoubt, Degraded, 'orders wait for the log'],
      ),
    ],
    [
      'matching',
      true,
      firstOf(
        [state === 'stopped', Outage, 'the node has stopped'],
        [state === 'recovering', Degraded, 'the node applies what it missed'],
        [facts.isVenueKilled, Degraded, 'the kill switch of the venue refuses new orders'],
      ),
    ],
    [
      'market-data',
      state !== 'observing',
      firstOf(
        closed,
        [isSet('market-dataDead'), Outage, 'its thread has ended'],
        [isSet('marketDataFailed'), Outage, 'the feed cannot be written'],
        [isAbove('marketDataLagWords', LAG_WORDS_MAX), Degraded, 'it lags behind the market'],
      ),
    ],
    [
      'rest',
      has.http && state !== 'observing',
      firstOf(...edge, [grew('httpFailed'), Degraded, 'requests have failed']),
    ],
    ['web-socket', has.http && state !== 'observing', firstOf(...edge)],
    ['fix', has.fix && state !== 'observing', firstOf(...edge)],
    [
      'log',
      true,
      firstOf(
        [facts.hasLogFailed, Outage, 'the log takes nothing more'],
        [facts.isCutOff, Outage, 'no quorum can be reached'],
        [facts.isInDoubt, Degraded, 'entries are late'],
        [facts.isDiskLow, Degraded, 'little disk space is left'],
      ),
    ],
    [
      'archive',
      true,
      firstOf(
        [isSet('archiveDead'), Outage, 'its thread has ended'],
        [facts.divergedSequence !== 0, Outage, 'two copies of the state disagree'],
        [isSet('historyFailed'), Degraded, 'history cannot be written'],
        [facts.archiveLagEntries > ARCHIVE_LAG_ENTRIES_MAX, Degraded, 'it lags behind the log'],
      ),
    ],
    [
      'backup',
      has.backup,
      firstOf(
        [isSet('backupDead'), Outage, 'its thread has ended'],
        [isAbove('backupFailures', 0), Degraded, 'the target cannot be reached'],
        [isAbove('backupLagSeconds', BACKUP_LAG_SECONDS_MAX), Degraded, 'it lags behind the log'],
      ),
    ],
    ...peers.map(({ nodeId, isSilent }): [string, boolean, Verdict] => [
      `node-${nodeId}`,
      true,
      firstOf([isSilent, Outage, 'nothing has been heard of it']),
    ]),
  ];
  return verdicts
    .filter(([, isThere]) => isThere)
    .map(([name, , [verdict, reason]]) => ({ name, state: verdict, reason }));
}
