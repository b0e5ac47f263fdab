import { useState } from 'react';
import { rest } from '../../console.ts';
import { Button } from '../../design/button.tsx';
import { Field, SelectField } from '../../design/field.tsx';
import { RequestForm } from '../../design/request-form.tsx';
import { freshName } from '../../lib/fresh-name.ts';
import { strings } from '../../strings.ts';
import type { AssetTerms } from './assets-step.tsx';

const texts = strings.firstRun.trader;
const { reason } = strings.firstRun;
const PASSWORD_CHARS = 16;
/** Without those that look alike. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** What of a trader is there already: a step that fails is sent again without those before it. */
interface Progress {
  readonly accountId?: number;
  readonly password?: string;
  /** The name of the deposit: under it the money comes once, however often it is sent. */
  readonly requestId?: string;
  readonly isDone?: boolean;
}

/** An account, a user who trades for it, and money. */
export function TraderStep({ assets }: { readonly assets: readonly AssetTerms[] }) {
  const [name, setName] = useState('');
  const [asset, setAsset] = useState('');
  const [amount, setAmount] = useState('10000');
  const [progress, setProgress] = useState<Progress>({});
  const chosen = asset || assets[0]?.symbol || '';

  const create = async (): Promise<void> => {
    let { accountId, password, requestId } = progress;
    if (accountId === undefined) {
      ({ accountId } = await rest.post<{ readonly accountId: number }>('/admin/accounts', { reason }));
      setProgress({ accountId });
    }
    if (password === undefined) {
      password = freshPassword();
      await rest.post('/admin/users', { name, role: 'trader', accountId, password, reason });
      setProgress({ accountId, password });
    }
    requestId ??= freshName('setup');
    setProgress({ accountId, password, requestId });
    await rest.post(`/admin/accounts/${accountId}/deposits`, { requestId, asset: chosen, amount, reason });
    setProgress({ accountId, password, isDone: true });
  };

  if (progress.isDone === true) {
    return (
      <div className="notice" role="status">
        <strong>{texts.done(name, progress.accountId ?? 0)}</strong>
        <p>
          {texts.secret}: <code data-secret>{progress.password}</code>
        </p>
        <p>{texts.secretNote}</p>
        <Button
          isSmall
          onClick={() => {
            setProgress({});
            setName('');
          }}
        >
          {texts.another}
        </Button>
      </div>
    );
  }
  const done = [
    ...(progress.accountId === undefined ? [] : [texts.account]),
    ...(progress.password === undefined ? [] : [texts.user]),
  ];
  return (
    <>
      <p>{texts.about}</p>
      <RequestForm
        className="setup-form"
        label={texts.title}
        action={texts.add}
        isReady={assets.length > 0}
        onSend={create}
      >
        <Field
          label={texts.name}
          note={texts.nameNote}
          required
          maxLength={24}
          pattern="[A-Za-z0-9._@\-]+"
          readOnly={progress.password !== undefined}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <SelectField
          label={texts.asset}
          options={assets.map(({ symbol }) => [symbol, symbol] as const)}
          value={chosen}
          onChange={(event) => setAsset(event.target.value)}
        />
        <Field
          label={texts.amount}
          isNumber
          required
          value={amount}
          onChange={(event) => setAmount(event.target.value.trim())}
        />
        {done.length > 0 && <p role="status">{done.join(', ')}</p>}
      </RequestForm>
    </>
  );
}

function freshPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(PASSWORD_CHARS * 4));
  // Bytes that would favour the first letters are left out.
  const fair = [...bytes].filter((byte) => byte < 256 - (256 % ALPHABET.length));
  return fair
    .slice(0, PASSWORD_CHARS)
    .map((byte) => ALPHABET[byte % ALPHABET.length])
    .join('');
}
