import { useState } from 'react';
import type { Static } from 'typebox';
import type { Asset } from '#codec/json/market-json.ts';
import { rest } from '../../console.ts';
import { Field } from '../../design/field.tsx';
import { RequestForm } from '../../design/request-form.tsx';
import { Empty } from '../../design/states.tsx';
import { Table } from '../../design/table.tsx';
import { showToast } from '../../design/toasts.tsx';
import { strings } from '../../strings.ts';

export type AssetTerms = Static<typeof Asset>;
const texts = strings.firstRun.assets;

/** The assets of the venue, and another one. */
export function AssetsStep({ assets, onAdded }: { readonly assets: readonly AssetTerms[]; onAdded(): void }) {
  const [symbol, setSymbol] = useState('');
  const [decimals, setDecimals] = useState('2');
  const add = async (): Promise<void> => {
    await rest.post('/admin/assets', {
      symbol,
      decimals: Number(decimals),
      reason: strings.firstRun.reason,
    });
    showToast('good', texts.added(symbol));
    setSymbol('');
    onAdded();
  };
  return (
    <>
      <p>{texts.about}</p>
      {assets.length === 0 ? (
        <Empty>{texts.none}</Empty>
      ) : (
        <Table
          label={texts.title}
          rows={assets}
          keyOf={({ assetId }) => assetId}
          columns={[
            { name: 'symbol', label: texts.symbol, cell: (asset) => asset.symbol },
            { name: 'decimals', label: texts.decimals, isNumber: true, cell: (asset) => asset.decimals },
          ]}
        />
      )}
      <RequestForm className="setup-form" label={texts.title} action={texts.add} onSend={add}>
        <Field
          label={texts.symbol}
          required
          maxLength={8}
          value={symbol}
          onChange={(event) => setSymbol(event.target.value.trim())}
        />
        <Field
          label={texts.decimals}
          note={texts.decimalsNote}
          type="number"
          min={0}
          max={18}
          required
          value={decimals}
          onChange={(event) => setDecimals(event.target.value)}
        />
      </RequestForm>
    </>
  );
}
