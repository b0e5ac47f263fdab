import { Type } from 'typebox';
import { Order } from './history-json.ts';
import { Count, named, ref, Sequence } from './schemas.ts';

/** What orders are answered with, on every door that speaks JSON. */

export const OrderResult = named('OrderResult', 'The command took effect.', {
  sequence: Sequence,
  order: Type.Optional(ref(Order)),
  isRepeat: Type.Boolean({
    description: 'the order with this clientOrderId was there before: nothing was sent',
  }),
});

export const OrdersCanceled = named('OrdersCanceled', 'The mass cancel is done.', {
  sequence: Sequence,
  canceledOrders: Count('how many orders it canceled'),
});
