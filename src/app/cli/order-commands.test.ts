import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command, CommandInput } from '#codec/log/record-types.ts';
import { HIVE } from '#codec/ouch/test-support.ts';
import { CommandType, OrderType, RegulatoryFlag, TradingCapacity } from '#domain/commands.ts';
import { RejectCode } from '#domain/rejects.ts';
import { accepted, startVenue, type TestVenue, until } from '#gateways/ouch/test-support.ts';
import { type CliResult, runCli } from './test-support.ts';

/** Runs an order command as ALICE. */
function order(venue: TestVenue, ...args: readonly string[]): Promise<CliResult> {
  const connection = ['--connect', `127.0.0.1:${venue.port}`, '--user', 'ALICE'];
  return runCli(['order', ...args, ...connection], { HIVE_PASSWORD: 'secret' });
}

/** What an order command sends to the venue, which refuses it. */
async function sentBy(...args: readonly string[]): Promise<CommandInput | undefined> {
  const venue = await startVenue();
  venue.say({ ...HIVE, instrumentId: 4, symbol: 'PENNY', priceDecimals: 4, tickSize: 1 });
  venue.say(accepted(1, { instrumentId: 4, clientOrderId: 7 }));
  const result = order(venue, ...args);
  await until(() => venue.sink.reserved === 2);
  const sent = venue.sink.take().at(-1);
  venue.say({
    type: 'CommandRejected',
    userId: 9,
    reportNumber: 2,
    commandType: CommandType[sent?.type as keyof typeof CommandType],
    rejectCode: RejectCode.UNKNOWN_ORDER,
    clientOrderId: Number(sent?.['clientOrderId' as keyof typeof sent]),
  });
  const { status, stderr } = await result;
  assert.deepEqual([status, stderr], [5, 'hive: the venue refused; nothing was changed\n']);
  return sent;
}

test('order: the price that is also the sign of a market order is a price', async () => {
  const largest = { priceTicks: 0x7fff_ffff };
  const terms = ({ priceTicks, orderType }: Record<string, unknown>): object => ({ priceTicks, orderType });
  const placed = await sentBy('place', 'buy', '1', 'PENNY', '--price', '214748.3647');
  assert.deepEqual(terms(placed as never), { ...largest, orderType: OrderType.Limit });
  const waiting = await sentBy('place', 'buy', '1', 'PENNY', '--price', '214748.3647', '--stop', '2');
  assert.deepEqual(terms(waiting as never), { ...largest, orderType: OrderType.StopLimit });
  const replaced = await sentBy('replace', '7', 'PENNY', '--quantity', '1', '--price', '214748.3647');
  assert.deepEqual(terms(replaced as never), { ...largest, orderType: undefined });
});

test('order replace: an order of another instrument is told in its own units, and that it is one', async () => {
  const venue = await startVenue();
  venue.say(accepted(1, { clientOrderId: 7 }));
  const result = order(
    venue,
    'replace',
    '7',
    'SATSLONG',
    '--quantity',
    '1',
    '--price',
    '1.25',
    '--wait',
    '600',
  );
  await until(() => venue.sink.reserved === 2);
  const { clientOrderId, priceTicks } = venue.sink.take().at(-1) as Command<'ReplaceOrder'>;
  venue.say({
    type: 'OrderReplaced',
    userId: 9,
    reportNumber: 2,
    instrumentId: 1,
    originalClientOrderId: 7,
    clientOrderId,
    priceTicks,
    qtyLots: 10,
    side: 1,
    orderType: 1,
    timeInForce: 1,
  });
  assert.deepEqual(await result, {
    status: 1,
    stdout: 'replaced  order 7 by  order 8: buy 10 HIVE at 12500.00, day  [log 0]\n',
    stderr:
      'hive: order 7 was one of HIVE, not of SATSLONG: order 8 has the terms above. Replace it again, or cancel it: see hive order --help\n',
  });
});

test('order place: an expiry that no order can have is wrong usage', async () => {
  const expiring = (time: string): Promise<CliResult> =>
    runCli(['order', 'place', 'buy', '1', 'HIVE', '--price', '1', '--tif', 'gtd', '--expire', time]);
  const beyond = ['9999-12-31T23:59:59Z', '2106-02-07T06:28:16Z', '1969-12-31T23:59:59Z'];
  const local = ['2030-01-31T16:00:00', 'Jan 31 2030', '5'];
  for (const time of [...beyond, ...local, '2030-02-31T16:00:00Z', '2030-01-31T16:00:00.5Z', 'tomorrow']) {
    assert.deepEqual(await expiring(time), {
      status: 2,
      stdout: '',
      stderr: `error: option '--expire <time>' argument '${time}' is invalid. It must be a time in UTC in whole seconds up to 2106-02-07T06:28:15Z, such as 2030-01-31T16:00:00Z.\n(see --help)\n`,
    });
  }
});

test('order cancel: --total is what is left of the order, with what is executed', async () => {
  const { type, clientOrderId, totalQtyLots } = (await sentBy('cancel', '7', '--total', '60')) as never;
  assert.deepEqual([type, clientOrderId, totalQtyLots], ['CancelOrder', 7, 60]);
  const { status, stderr } = await runCli(['order', 'cancel', '7', '--total', '4294967296']);
  assert.deepEqual(
    [status, stderr],
    [
      2,
      "error: option '--total <lots>' argument '4294967296' is invalid. It must be an integer from 1 to 4294967295.\n(see --help)\n",
    ],
  );
});

test('order place: a venue that ends the connection ends the command, which says why', async () => {
  const place = ['place', 'buy', '1', 'HIVE', '--price', '1'];
  const unanswered = await startVenue();
  const first = order(unanswered, ...place);
  await until(() => unanswered.sink.reserved === 2);
  await unanswered.gateway.close('the venue closed');
  assert.deepEqual(await first, { status: 4, stdout: '', stderr: 'hive: the venue closed\n' });
  const followed = await startVenue();
  const second = order(followed, ...place, '--wait', '600');
  await until(() => followed.sink.reserved === 2);
  followed.say(accepted(1));
  await followed.gateway.close('the venue closed');
  assert.deepEqual(await second, {
    status: 4,
    stdout: 'accepted  order 1: buy 100 HIVE at 1.25, day  [log 0]\n',
    stderr: 'hive: the venue closed\n',
  });
});

/** What a command says for the authority, without what it does not say. */
function regulatoryFields(command: CommandInput | undefined): object {
  const names = ['tradingCapacity', 'regulatoryFlags', 'clientCode', 'investmentDecisionCode'];
  return Object.fromEntries(
    [...names, 'executionDecisionCode', 'nonExecutingBrokerCode']
      .map((name) => [name, (command as unknown as Record<string, number>)[name]] as const)
      .filter(([, value]) => value !== 0),
  );
}

test('order place, order replace: what they say for the authority, and what without being told to', async () => {
  const place = ['place', 'buy', '1', 'PENNY', '--price', '1'];
  const replace = ['replace', '7', 'PENNY', '--quantity', '1', '--price', '1'];
  const options = ['--capacity', 'AOTC', '--client-code', '1', '--execution-decision-code', '70000'];
  const more = ['--investment-decision-code', '9', '--broker-code', '4294967295', '--dea'];
  const fields = {
    tradingCapacity: TradingCapacity.AnyOther,
    regulatoryFlags: RegulatoryFlag.DirectElectronicAccess,
    clientCode: 1,
    investmentDecisionCode: 9,
    executionDecisionCode: 70_000,
    nonExecutingBrokerCode: 2 ** 32 - 1,
  };
  assert.deepEqual(regulatoryFields(await sentBy(...place)), {});
  assert.deepEqual(regulatoryFields(await sentBy(...place, '--dea')), {
    regulatoryFlags: RegulatoryFlag.DirectElectronicAccess,
  });
  assert.deepEqual(regulatoryFields(await sentBy(...place, ...options, ...more)), fields);
  assert.deepEqual(regulatoryFields(await sentBy(...replace)), {});
  assert.deepEqual(regulatoryFields(await sentBy(...replace, ...options, ...more)), fields);
});

test('order replace: says all regulatory fields anew or none, so it needs a capacity with any other', async () => {
  const { status, stdout, stderr } = await runCli([
    ...['order', 'replace', '7', 'PENNY', '--quantity', '1', '--liquidity-provision'],
  ]);
  assert.deepEqual(
    [status, stdout, stderr],
    [
      2,
      '',
      'hive: a replace that says a regulatory field says all of them anew: give --capacity DEAL, MTCH or AOTC too\n',
    ],
  );
});
