import { type FormEvent, useState } from 'react';
import { type Problem, problemOf } from '../../api/problem.ts';
import { session } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { ProblemNotice } from '../../design/states.tsx';
import { strings } from '../../strings.ts';
import './sign-in.css';

const texts = strings.signIn;

/** Name and password; with a one-time password, the one that takes its place. */
export function SignInScreen({ because }: { readonly because: Problem | undefined }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const [mustChange, setMustChange] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setIsBusy] = useState(false);
  const differs = mustChange && again !== '' && again !== fresh;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (isBusy || differs) return;
    setIsBusy(true);
    setProblem(undefined);
    try {
      if (mustChange) {
        await session.changePassword(name, password, fresh, texts.changeReason);
        // From here on it is the password, whatever becomes of the sign-in.
        setPassword(fresh);
        setMustChange(false);
      }
      await session.signIn(name, mustChange ? fresh : password);
    } catch (error) {
      const next = problemOf(error);
      if (next.code === 'password-change-required') setMustChange(true);
      else setProblem(next);
      // It may have been changed by a request whose answer was lost.
      if (next.status === 401) setMustChange(false);
      setIsBusy(false);
    }
  };

  return (
    <div className="sign-in">
      <form onSubmit={(event) => void submit(event)} aria-labelledby="sign-in-title">
        <h1 id="sign-in-title">{texts.title}</h1>
        {because !== undefined && problem === undefined && !mustChange && (
          <div className="notice warn" role="status">
            <strong>{texts.ended}</strong>
            <p>{because.title}</p>
            {because.code === 'session-ended' && <p>{because.detail}</p>}
          </div>
        )}
        <Field
          label={texts.name}
          name="username"
          autoComplete="username"
          required
          maxLength={24}
          autoFocus
          value={name}
          readOnly={mustChange}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label={texts.password}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          maxLength={128}
          value={password}
          readOnly={mustChange}
          onChange={(event) => setPassword(event.target.value)}
        />
        {mustChange && (
          <>
            <div className="notice" role="status">
              {texts.mustChange}
            </div>
            <Field
              label={texts.newPassword}
              type="password"
              autoComplete="new-password"
              required
              autoFocus
              maxLength={128}
              note={texts.newPasswordHint}
              value={fresh}
              onChange={(event) => setFresh(event.target.value)}
            />
            <Field
              label={texts.newPasswordAgain}
              type="password"
              autoComplete="new-password"
              required
              maxLength={128}
              fault={differs ? texts.differs : undefined}
              value={again}
              onChange={(event) => setAgain(event.target.value)}
            />
          </>
        )}
        <ProblemNotice problem={problem} />
        <Button type="submit" look="primary" disabled={isBusy}>
          {isBusy ? texts.working : mustChange ? texts.submitNew : texts.submit}
        </Button>
        <details>
          <summary>{texts.howTo}</summary>
          <p>{texts.demo}</p>
          <p>{texts.firstTime}</p>
        </details>
      </form>
    </div>
  );
}
