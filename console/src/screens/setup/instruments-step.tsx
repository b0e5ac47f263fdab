import { useState } from 'react';
import type { Static } from 'typebox';
import type { Instrument } from '#codec/json/market-json.ts';
import { rest } from '../../console.ts';
import { Field, SelectField } from '../../design/field.tsx';
import { Link } from '../../design/link.tsx';
import { RequestForm } from '../../design/request-form.tsx';
import { Empty } from '../../design/states.tsx';
import { Table } from '../../design/table.tsx';
import { showToast } from '../../design/toasts.tsx';
import { strings } from '../../strings.ts';
import type { AssetTerms } from './assets-step.tsx';

export type InstrumentTerms = Static<typeof Instrument>;
const texts = strings.firstRun.instruments;

const EMPTY = {
  symbol: '',
  baseAsset: '',
  quoteAsset: '',
  tickSize: '0.01',
  lotSize: '0.0001',
  maxQuantity: '100',
  makerFee: '0.0001',
  takerFee: '0.0002',
  collar: '0.1',
  referencePrice: '',
};

/** The instruments of the venue, and another spot pair. */
export function InstrumentsStep({
  assets,
  instruments,
  onAdded,
}: {
  readonly assets: readonly AssetTerms[];
  readonly instruments: readonly InstrumentTerms[];
  onAdded(): void;
}) {
  const [terms, setTerms] = useState(EMPTY);
  const field = (name: keyof typeof EMPTY) => ({
    value: terms[name],
    onChange: (event: { readonly target: { readonly value: string } }) =>
      setTerms({ ...terms, [name]: event.target.value.trim() }),
  });
  const base = terms.baseAsset || assets[1]?.symbol || '';
  const quote = terms.quoteAsset || assets[0]?.symbol || '';
  const add = async (): Promise<void> => {
    const { referencePrice, ...rules } = terms;
    await rest.post('/admin/instruments', {
      ...rules,
      ...(referencePrice === '' ? {} : { referencePrice }),
      kind: 'spot',
      baseAsset: base,
      quoteAsset: quote,
      reason: strings.firstRun.reason,
    });
    showToast('good', texts.added(terms.symbol));
    setTerms(EMPTY);
    onAdded();
  };
  const options = assets.map(({ symbol }) => [symbol, symbol] as const);
  return (
    <>
      <p>{texts.about}</p>
      {instruments.length === 0 ? (
        <Empty>{assets.length < 2 ? texts.needsAssets : texts.none}</Empty>
      ) : (
        <Table
          label={texts.title}
          rows={instruments}
          keyOf={({ instrumentId }) => instrumentId}
          columns={[
            {
              name: 'symbol',
              label: texts.symbol,
              cell: ({ symbol }) => <Link to={['trade', symbol]}>{symbol}</Link>,
            },
            { name: 'base', label: texts.base, cell: ({ baseAsset = '' }) => baseAsset },
            { name: 'quote', label: texts.quote, cell: ({ quoteAsset }) => quoteAsset },
            { name: 'tick', label: texts.tick, isNumber: true, cell: ({ tickSize }) => tickSize },
            { name: 'lot', label: texts.lot, isNumber: true, cell: ({ lotSize }) => lotSize },
          ]}
        />
      )}
      {assets.length >= 2 && (
        <RequestForm className="setup-form" label={texts.title} action={texts.add} onSend={add}>
          <Field label={texts.symbol} required maxLength={8} {...field('symbol')} />
          <SelectField label={texts.base} options={options} {...field('baseAsset')} value={base} />
          <SelectField label={texts.quote} options={options} {...field('quoteAsset')} value={quote} />
          <Field label={texts.tick} note={texts.tickNote} isNumber required {...field('tickSize')} />
          <Field label={texts.lot} note={texts.lotNote} isNumber required {...field('lotSize')} />
          <Field label={texts.max} isNumber required {...field('maxQuantity')} />
          <Field label={texts.makerFee} note={texts.feeNote} isNumber required {...field('makerFee')} />
          <Field label={texts.takerFee} note={texts.feeNote} isNumber required {...field('takerFee')} />
          <Field label={texts.collar} note={texts.collarNote} isNumber required {...field('collar')} />
          <Field label={texts.reference} note={texts.referenceNote} isNumber {...field('referencePrice')} />
        </RequestForm>
      )}
    </>
  );
}
