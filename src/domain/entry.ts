import { layout } from './layout.ts';

/**
 * An entry is what the log stores under one sequence number: the commands of one node's event-loop turn.
 * This header, then `commandCount` command records back to back. `(nodeId, epoch, entryNo)` makes it unique: the core
 * applies the entries of a node in this order and ignores one that is not the next, be it a repeat, appended again because
 * its fate was unknown, or one before which another was lost.
 */
export const EntryHeader = layout(
  'EntryHeader',
  0,
  {},
  {
    nodeId: 'u16',
    commandCount: 'u16',
    /** Grows by one each time the node starts. */
    epoch: 'u32',
    /** Grows by one per entry of the node and epoch, from 1. */
    entryNo: 'i53',
  },
);

/** The `nodeId` of an entry that stands for bytes of the log which are none: no node has it. */
export const NO_NODE = 0;

/** Words before the first command. */
export const ENTRY_HEADER_WORDS = EntryHeader.words;
