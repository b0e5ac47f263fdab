import { type FormEvent, useId, useState } from 'react';
import { type Problem, problemOf } from '../../api/problem.ts';
import { rest } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { Dialog, useIsLeft } from '../../design/dialog.tsx';
import { Check, Field, SelectField } from '../../design/field.tsx';
import { ProblemNotice } from '../../design/states.tsx';
import { showToast } from '../../design/toasts.tsx';
import { isAscii } from '../../lib/ascii.ts';
import { strings } from '../../strings.ts';
import type { IncidentJson } from './incident-list.tsx';
import { partName } from './state-mark.tsx';

const texts = strings.status.incidents;
const TEXT_CHARS_MAX = 256;

type Severity = IncidentJson['severity'];
type State = IncidentJson['state'];
const optionsOf = <Name extends string>(names: Readonly<Record<Name, string>>) =>
  Object.entries(names) as [Name, string][];

/** Tells the public about an incident, or more about one. */
export function IncidentDialog({
  incident,
  parts,
  onClose,
}: {
  /** Undefined: a new one. */
  readonly incident: IncidentJson | undefined;
  /** Names of what can be affected. */
  readonly parts: readonly string[];
  onClose(): void;
}) {
  const [title, setTitle] = useState(incident?.title ?? '');
  const [text, setText] = useState('');
  const [severity, setSeverity] = useState<Severity>(incident?.severity ?? 'minor');
  const [state, setState] = useState<State>(incident?.state ?? 'investigating');
  const [components, setComponents] = useState<readonly string[]>(incident?.components ?? []);
  const [reason, setReason] = useState<string>(texts.reasonDefault);
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setIsBusy] = useState(false);
  const isLeft = useIsLeft();
  const textId = useId();
  const isReady =
    [title, text, reason].every((one) => one.trim() !== '' && isAscii(one)) &&
    components.length > 0 &&
    !isBusy;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!isReady) return;
    setIsBusy(true);
    setProblem(undefined);
    const words = {
      title: title.trim(),
      text: text.trim(),
      reason: reason.trim(),
      severity,
      state,
      components,
    };
    try {
      if (incident === undefined) await rest.post('/admin/incidents', words);
      else await rest.put(`/admin/incidents/${incident.incidentId}`, words);
      showToast('good', texts.posted, words.title);
      if (!isLeft.current) onClose();
    } catch (error) {
      const failed = problemOf(error);
      if (isLeft.current) showToast('bad', failed.title, failed.detail);
      setProblem(failed);
      setIsBusy(false);
    }
  };

  const toggle = (name: string): void =>
    setComponents((chosen) =>
      chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name],
    );
  return (
    <Dialog title={incident === undefined ? texts.write : texts.updateOf(incident.title)} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <Field
          label={texts.titleField}
          note={texts.titleNote}
          fault={faultOf(title)}
          value={title}
          maxLength={64}
          required
          data-first={incident === undefined ? true : undefined}
          spellCheck
          onChange={(event) => setTitle(event.target.value)}
        />
        <div className="incident-choices">
          <SelectField
            label={texts.severity}
            note={texts.severityNote[severity]}
            value={severity}
            options={optionsOf(texts.severities)}
            onChange={(event) => setSeverity(event.target.value as Severity)}
          />
          <SelectField
            label={texts.state}
            value={state}
            options={optionsOf(texts.states)}
            onChange={(event) => setState(event.target.value as State)}
          />
        </div>
        <fieldset className="incident-parts">
          <legend className="field-label">{texts.components}</legend>
          {parts.map((name) => (
            <Check
              key={name}
              label={partName(name)}
              checked={components.includes(name)}
              onChange={() => toggle(name)}
            />
          ))}
        </fieldset>
        <div className="field">
          <label htmlFor={textId}>{texts.textField}</label>
          <textarea
            id={textId}
            className="input incident-text"
            rows={4}
            required
            maxLength={TEXT_CHARS_MAX}
            value={text}
            data-first
            aria-describedby={`${textId}-note`}
            aria-invalid={!isAscii(text)}
            onChange={(event) => setText(event.target.value.replaceAll('\n', ' '))}
          />
          <span id={`${textId}-note`} className={isAscii(text) ? 'field-note' : 'field-fault'}>
            {faultOf(text) ?? texts.textNote}{' '}
            <span className="number">{`${text.length}/${TEXT_CHARS_MAX}`}</span>
          </span>
        </div>
        <Field
          label={strings.common.reason}
          note={texts.reasonNote}
          fault={faultOf(reason)}
          value={reason}
          maxLength={64}
          required
          onChange={(event) => setReason(event.target.value)}
        />
        {components.length === 0 && text !== '' && <p className="warn">{texts.noComponent}</p>}
        <ProblemNotice problem={problem} />
        <div className="dialog-actions">
          <Button onClick={onClose}>{strings.common.cancel}</Button>
          <Button type="submit" look="primary" disabled={!isReady}>
            {texts.post}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function faultOf(text: string): string | undefined {
  return isAscii(text) ? undefined : strings.common.asciiFault;
}
