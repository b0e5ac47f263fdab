import { memo, type ReactNode, useState } from 'react';
import { Button } from '../../design/button.tsx';
import { NumberForm } from '../../design/number-form.tsx';
import { Panel } from '../../design/panel.tsx';
import { Segments } from '../../design/segments.tsx';
import { Empty, ErrorState, Loading } from '../../design/states.tsx';
import { clockText, grouped } from '../../lib/format.ts';
import { useStore } from '../../state/use-store.ts';
import { strings } from '../../strings.ts';
import { type LogItem, type LogKind, logTailStore } from './log-tail-store.ts';
import { commandText, eventLook, eventName, eventText, regulatoryText, whoText } from './log-texts.ts';
import { LogValues, OrderLink, ordersOf } from './log-values.tsx';
import type { CommandView, EntryView, EventView } from './log-views.ts';
import './log-tail.css';

const texts = strings.operateLog.log;
const MICROSECOND_DIGITS = 6;
/** Events and orders that a closed row tells of. */
const EVENTS_IN_ROW = 4;
const COMMANDS_IN_ROW = 3;

type Choice = LogKind | 'all';
const CHOICES: readonly Choice[] = ['all', 'orders', 'administration', 'sessions', 'system'];

/** The log as it grows: what was commanded by whom, and what came of it. */
export default function LogTailSection() {
  const store = logTailStore();
  const { value, isStale, problem } = useStore(store);
  const [choice, setChoice] = useState<Choice>('all');
  const [filter, setFilter] = useState('');
  const [frozen, setFrozen] = useState<readonly LogItem[]>();
  const [wantedFrom, setWantedFrom] = useState<number>();
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  // A page that was asked for stays until it has been read: what is new would push it out within seconds.
  if (wantedFrom !== undefined && value !== undefined && beginsWith(value, wantedFrom)) {
    setWantedFrom(undefined);
    setFrozen(value);
  }
  const items = frozen ?? value;
  const wanted = filter.trim().toLowerCase();
  const shown = items?.filter((item) => isShown(item, choice, wanted)) ?? [];
  const toggle = (sequence: number): void => {
    const next = new Set(opened);
    if (!next.delete(sequence)) next.add(sequence);
    setOpened(next);
  };
  const readFrom = (from: number | undefined): void => {
    setFrozen(undefined);
    setWantedFrom(from);
    store.readFrom(from);
  };
  return (
    <Panel title={texts.title} isStale={isStale} className="log-tail">
      <div className="log-tools">
        <Segments<Choice>
          label={texts.kinds.label}
          value={choice}
          options={CHOICES.map((one) => [one, texts.kinds[one]] as const)}
          onChange={setChoice}
        />
        <input
          className="input log-filter"
          type="search"
          aria-label={texts.filter}
          placeholder={texts.filterHint}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <NumberForm label={texts.from} action={texts.readSign} actionLabel={texts.read} onNumber={readFrom}>
          <Button isSmall look="quiet" onClick={() => readFrom(undefined)}>
            {texts.newest}
          </Button>
        </NumberForm>
        <span className="log-state">
          <PauseButton
            isPaused={frozen !== undefined}
            newer={newerThan(value, frozen)}
            onChange={(isPaused) => setFrozen(isPaused ? (value ?? []) : undefined)}
          />
        </span>
      </div>
      {problem !== undefined && <ErrorState problem={problem} onRetry={() => readFrom(undefined)} />}
      {items === undefined ? (
        problem === undefined && <Loading />
      ) : shown.length === 0 ? (
        <Empty>{items.length === 0 ? texts.waiting : texts.none}</Empty>
      ) : (
        <ol className="log-list" aria-label={texts.list}>
          {shown.map((item) =>
            'skipped' in item ? (
              <li key={`before ${item.before}`} className="log-gap">
                {texts.skipped(grouped(String(item.skipped)))}
              </li>
            ) : (
              <Entry
                key={item.entry.sequence}
                entry={item.entry}
                isOpen={opened.has(item.entry.sequence)}
                onToggle={toggle}
              />
            ),
          )}
        </ol>
      )}
    </Panel>
  );
}

function isShown(item: LogItem, choice: Choice, wanted: string): boolean {
  if ('skipped' in item) return choice === 'all' && wanted === '';
  return (choice === 'all' || item.kinds.has(choice)) && item.text.includes(wanted);
}

/** Whether `sequence` is the oldest entry of what is shown. */
function beginsWith(items: readonly LogItem[], sequence: number): boolean {
  const oldest = items.at(-1);
  return oldest !== undefined && 'entry' in oldest && oldest.entry.sequence === sequence;
}

function newerThan(all: readonly LogItem[] | undefined, frozen: readonly LogItem[] | undefined): number {
  if (all === undefined || frozen === undefined) return 0;
  const at = all.indexOf(frozen[0]);
  return (at === -1 ? all : all.slice(0, at)).filter((item) => 'entry' in item).length;
}

function PauseButton({
  isPaused,
  newer,
  onChange,
}: {
  readonly isPaused: boolean;
  readonly newer: number;
  onChange(isPaused: boolean): void;
}) {
  return (
    <>
      <span className={isPaused ? 'warn' : 'muted'}>{isPaused ? texts.paused(newer) : texts.live}</span>
      <Button isSmall aria-pressed={isPaused} onClick={() => onChange(!isPaused)}>
        {isPaused ? texts.resume : texts.pause}
      </Button>
    </>
  );
}

const Entry = memo(function Entry({
  entry,
  isOpen,
  onToggle,
}: {
  readonly entry: EntryView;
  readonly isOpen: boolean;
  onToggle(sequence: number): void;
}) {
  const { sequence, time, nodeId, commands, commandCount, events, eventCount = 0 } = entry;
  const sequenceText = grouped(String(sequence));
  const shownCommands = commands.slice(0, COMMANDS_IN_ROW);
  const shownEvents = (events ?? []).slice(0, EVENTS_IN_ROW);
  return (
    <li className={`log-entry${isOpen ? ' open' : ''}`} data-sequence={sequence}>
      <div className="log-row">
        <button
          type="button"
          className="log-open number"
          aria-expanded={isOpen}
          aria-label={texts.open(sequenceText)}
          onClick={() => onToggle(sequence)}
        >
          <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {sequenceText}
        </button>
        <time className="number muted" dateTime={time}>
          {clockText(time, MICROSECOND_DIGITS)}
        </time>
        <ul className="log-commands">
          {shownCommands.map((command, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an entry does not change
            <CommandLine key={index} command={command} />
          ))}
          {commandCount > shownCommands.length && (
            <li className="muted">{texts.moreCommands(commandCount - shownCommands.length)}</li>
          )}
        </ul>
        <ul className="log-events">
          {shownEvents.map((event, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an entry does not change
            <EventLine key={index} event={event} />
          ))}
          {eventCount > shownEvents.length && (
            <li className="muted">{texts.moreEvents(eventCount - shownEvents.length)}</li>
          )}
          {events === undefined && <li className="muted">{texts.unknownEvents}</li>}
          {events !== undefined && eventCount === 0 && <li className="muted">{texts.noEvents}</li>}
        </ul>
        <span className="log-orders">
          {ordersOf(events ?? [])
            .slice(0, COMMANDS_IN_ROW)
            .map((orderId) => (
              <OrderLink key={orderId} orderId={orderId} />
            ))}
        </span>
      </div>
      {isOpen && <Details entry={entry} nodeId={nodeId} />}
    </li>
  );
});

export function CommandLine({ command }: { readonly command: CommandView }) {
  return (
    <li>
      <span className="log-who">{whoText(command)}</span> <strong>{command.command}</strong>{' '}
      {commandText(command)}
    </li>
  );
}

export function EventLine({ event, children }: { readonly event: EventView; readonly children?: ReactNode }) {
  return (
    <li>
      <span className={`log-event ${eventLook(event.event)}`}>{eventName(event.event)}</span>{' '}
      {eventText(event)} {children}
    </li>
  );
}

/** Everything of an entry that was told. */
function Details({ entry, nodeId }: { readonly entry: EntryView; readonly nodeId: number }) {
  const { commands, events = [] } = entry;
  return (
    <div className="log-details">
      <section aria-label={texts.commandsOf}>
        <h3>
          {texts.commandsOf} <span className="muted">{strings.operate.cluster.node(nodeId)}</span>
        </h3>
        {commands.map((command, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an entry does not change
          <div key={index} className="log-record">
            <strong>{command.command}</strong> <span className="log-who">{whoText(command)}</span>
            <LogValues values={command.values} />
            {command.regulatory !== undefined && (
              <p className="muted">{regulatoryText(command.regulatory)}</p>
            )}
          </div>
        ))}
      </section>
      <section aria-label={texts.eventsOf}>
        <h3>{texts.eventsOf}</h3>
        {events.map((event, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an entry does not change
          <div key={index} className="log-record">
            <strong>{event.event}</strong>{' '}
            {event.userId !== undefined && <span className="log-who">{whoText(event)}</span>}
            <LogValues values={event.values} />
          </div>
        ))}
      </section>
    </div>
  );
}
