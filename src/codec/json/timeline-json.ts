import { Type } from 'typebox';
import { Order } from './history-json.ts';
import { DecodedCommand, DecodedEvent } from './log-json.ts';
import { Id, named, ref, Sequence, Time } from './schemas.ts';

export const TimelineStep = named('TimelineStep', 'One entry of the log that concerned the order.', {
  sequence: Sequence,
  time: Time,
  nodeId: Type.Optional(Id('the node that appended it; for those who see any account')),
  command: Type.Optional(ref(DecodedCommand)),
  events: Type.Array(ref(DecodedEvent)),
});

export const OrderTimeline = named(
  'OrderTimeline',
  'The life of an order: of all that it replaced, and that replaced it, the oldest first. A step has the command that caused it, where one did and the log still has it; the side of somebody else is shown to those who see any account.',
  {
    sequence: Sequence,
    orders: Type.Array(ref(Order)),
    steps: Type.Array(ref(TimelineStep)),
    complete: Type.Boolean({ description: 'whether nothing is lacking, of orders or steps' }),
  },
);
