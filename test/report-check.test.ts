import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToldOrder, ToldReport } from './support/reconnecting-client.ts';
import { checkReports, type ReportEvidence } from './support/report-check.ts';

const order = (orderId: number, status: string): ToldOrder => ({
  orderId,
  clientOrderId: `o-${orderId}`,
  status,
});

/** An order that is filled, one that is replaced, and what replaced it. */
const TOLD: readonly ToldReport[] = [
  { number: 1, kind: 'accepted', order: order(1, 'open') },
  { number: 2, kind: 'filled', order: order(1, 'filled') },
  { number: 3, kind: 'accepted', order: order(2, 'open') },
  { number: 4, kind: 'replaced', order: order(3, 'open'), originalOrderId: 2 },
  { number: 5, kind: 'rejected' },
];
const EVIDENCE: ReportEvidence = {
  again: structuredClone(TOLD),
  orders: [order(3, 'open'), order(2, 'replaced'), order(1, 'filled'), { status: 'rejected' }],
  fills: [2],
  acknowledged: ['o-1', 'o-2'],
};

/** What the check says, without what it quotes. */
const complaints = (told: readonly ToldReport[], evidence: Partial<ReportEvidence> = {}): string[] =>
  checkReports('U', told, { ...EVIDENCE, ...evidence }).map((text) => text.replace(/\{.*\}/, '…'));

test('reports: nothing is wrong where nothing is wrong', () => {
  assert.deepEqual(complaints(TOLD), []);
});

test('reports: a gap, a repeat and a changed order of them are found', () => {
  const [first, second, third, fourth, fifth] = TOLD;
  for (const [told, complaint] of [
    [[first, third, fourth, fifth], 'U: report 3 came where 2 should'],
    [[first, second, second, third, fourth, fifth], 'U: report 2 came where 3 should'],
    [[second, first, third, fourth, fifth], 'U: report 2 came where 1 should'],
    [TOLD.slice(1), 'U: report 2 came where 1 should'],
  ] as const) {
    assert.equal(complaints(told)[0], complaint);
    // Also where every reader has it so.
    assert.equal(complaints(told, { again: told })[0], complaint);
  }
});

test('reports: an end that is lacking, and a report that another reader has otherwise', () => {
  assert.match(complaints(TOLD.slice(0, 4))[0], /^U: was told undefined, a fresh client …/);
  const other = TOLD.with(1, { number: 2, kind: 'filled', order: order(1, 'open') });
  assert.match(complaints(other)[0], /^U: was told …/);
});

test('reports: an order that came in twice, or was answered and is not there', () => {
  const again = [
    ...TOLD,
    { number: 6, kind: 'accepted', order: { ...order(4, 'open'), clientOrderId: 'o-1' } },
  ];
  assert.deepEqual(
    complaints(again, { again, orders: [...EVIDENCE.orders, { ...order(4, 'open'), clientOrderId: 'o-1' }] }),
    ['U: order o-1 came in 2 times'],
  );
  assert.deepEqual(complaints(TOLD, { acknowledged: ['o-9'] }), [
    'U: order o-9 was answered, and no report has it',
  ]);
});

test('reports: history that has another order, one more, one less, or other fills', () => {
  const [third, second, first] = EVIDENCE.orders;
  for (const orders of [
    [third, second],
    [third, second, order(1, 'open')],
    [third, order(2, 'open'), first],
    [...EVIDENCE.orders, order(9, 'open')],
  ])
    assert.equal(complaints(TOLD, { orders }).length, 1, JSON.stringify(orders));
  for (const fills of [[], [2, 3], [3]]) assert.equal(complaints(TOLD, { fills }).length, 1);
});
