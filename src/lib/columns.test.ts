import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError } from './assert.ts';
import { Columns } from './columns.ts';

/** A store of two columns with three rows in use, one of them partly filled. */
function filled(capacity = 8) {
  const store = new Columns('orders', capacity);
  const price = store.i32('price');
  const pair = store.f64('pair', 2);
  const flag = store.u8('flag');
  for (let row = 0; row < 3; row++) {
    assert.equal(store.addRow(), row);
    price[row] = -1 - row;
    pair.set([2 ** 52 + row, row], 2 * row);
    flag[row] = row === 1 ? 255 : 0;
  }
  return { store, price, pair, flag };
}

test('Columns.addRow: counts up to the capacity, then says -1 and changes nothing', () => {
  const store = new Columns('orders', 2);
  assert.deepEqual([store.addRow(), store.addRow(), store.addRow(), store.addRow()], [0, 1, -1, -1]);
  assert.equal(store.rows, 2);
});

test('Columns: a column has capacity * stride elements, all zero', () => {
  const store = new Columns('orders', 5);
  const pair = store.f64('pair', 3);
  assert.deepEqual([...pair], new Array(15).fill(0));
});

test('Columns: a name is used once', () => {
  const store = new Columns('orders', 5);
  store.i32('price');
  assert.throws(() => store.f64('price'), AssertionError);
});

test('Columns.images: the rows in use of every column, in the order of definition', () => {
  const { store } = filled();
  const images = store.images();
  assert.deepEqual(
    images.map(({ store: name, column, bytes }) => [name, column, bytes.length]),
    [
      ['orders', 'price', 3 * 4],
      ['orders', 'pair', 3 * 2 * 8],
      ['orders', 'flag', 3],
    ],
  );
  assert.deepEqual([...(images[2]?.bytes ?? [])], [0, 255, 0]);
});

test('Columns.restore: the image of one store makes an equal other', () => {
  const { store } = filled();
  const other = new Columns('orders', 8);
  const price = other.i32('price');
  const pair = other.f64('pair', 2);
  other.u8('flag');
  other.restore(store.rows, store.images());
  assert.equal(other.rows, 3);
  assert.deepEqual(other.images(), store.images());
  assert.deepEqual([...price], [-1, -2, -3, 0, 0, 0, 0, 0]);
  assert.deepEqual([...pair.subarray(0, 6)], [2 ** 52, 0, 2 ** 52 + 1, 1, 2 ** 52 + 2, 2]);
});

test('Columns.restore: a store of another capacity takes the image, a column that it lacks stays zero', () => {
  const { store } = filled();
  const other = new Columns('orders', 4);
  other.i32('price');
  other.f64('pair', 2);
  other.u8('flag');
  const added = other.i32('added');
  other.restore(store.rows, store.images());
  assert.deepEqual([...added], [0, 0, 0, 0]);
  assert.equal(other.addRow(), 3);
});

test('Columns.restore: refuses what does not fit', () => {
  const { store } = filled();
  const images = store.images();
  const fresh = (capacity: number) => filledLike(capacity);
  assert.throws(() => fresh(2).restore(3, images), /image of 3 rows, capacity 2/);
  assert.throws(() => fresh(8).restore(2, images), /orders\.price: 12 bytes, expected 8/);
  assert.throws(
    () => fresh(8).restore(3, [{ store: 'orders', column: 'gone', bytes: new Uint8Array(12) }]),
    /unknown column gone/,
  );
  assert.throws(() => store.restore(2, images), AssertionError);
});

function filledLike(capacity: number): Columns {
  const store = new Columns('orders', capacity);
  store.i32('price');
  store.f64('pair', 2);
  store.u8('flag');
  return store;
}
