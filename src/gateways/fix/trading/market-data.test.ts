import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FixMessage } from '#codec/fix/fix-message.ts';
import { FixWriter } from '#codec/fix/fix-writer.ts';
import { fixText } from '#codec/fix/test-support.ts';
import { type BookLevel, ViewChange } from '#domain/market-views.ts';
import { BTCUSD, viewOf, viewsOf } from '../../rest/test-support.ts';
import { type FixApplicationSession, FixVerdict } from '../session/application.ts';
import { AnswerPace } from './answer-pace.ts';
import { FixInstruments } from './instruments.ts';
import { MarketData } from './market-data.ts';

test('nothing is told of views that begin anew, until they are whole', () => {
  const view = viewOf(BTCUSD);
  let bids: readonly BookLevel[] = view.book.snapshot(1).bids;
  const snapshot = () => ({ instrumentId: BTCUSD.instrumentId, sequence: 99, bids, asks: [] });
  const instrument = { ...view, book: { ...view.book, snapshot } };
  const views = { ...viewsOf([instrument]), isReady: true };
  const told: string[] = [];
  const writer = new FixWriter(1_024);
  const session = {
    identity: { beginString: 'FIX.4.4' },
    loggedOn: true,
    isFull: false,
    begin: (type: string) => {
      writer.begin();
      writer.text(35, type);
      return writer;
    },
    send: () => told.push(fixText(writer.buffer.u8, writer.from, writer.to)),
    wantDrain: () => {},
  };
  const data = new MarketData(
    session as unknown as FixApplicationSession,
    views,
    new FixInstruments(views),
    new AnswerPace(() => {}),
  );
  const message = new FixMessage(16);
  const request = Buffer.from(
    '35=V|262=r|263=1|264=0|265=1|267=1|269=0|146=1|55=BTCUSD|'.replaceAll('|', '\x01'),
  );
  message.scan(request, 0, request.length);
  const whole = '35=W|262=r|55=BTCUSD|268=1|269=0|270=64999.95|271=0.0010|346=2|';
  assert.equal(data.request(message), FixVerdict.Taken);
  assert.deepEqual(told, [whole]);

  // The counterparty does not read, then the views have begun anew and know of no orders.
  session.isFull = true;
  data.onViewChange(instrument, ViewChange.Book);
  session.isFull = false;
  views.isReady = false;
  bids = [];
  data.send();
  assert.deepEqual(told, [whole]);

  views.isReady = true;
  bids = view.book.snapshot(1).bids;
  data.onViewRestart();
  assert.deepEqual(told, [whole, whole]);
});
