import type { WordBuffer } from '#lib/word-buffer.ts';

/** The displayed orders as they stand after an entry: OrderRested records, by priority. */
export interface OrdersImage {
  readonly words: WordBuffer;
  /** Reads the next records into `words`, from word 0 on, and returns how many words they have; 0: that was all. @throws FeedImageError */
  read(): number;
  /** Gives back what the image takes. */
  close(): void;
}

/** What comes of a question for them. Neither: who is asked is beyond that entry, so ask again. */
export interface OrdersAnswer {
  readonly image?: OrdersImage;
  /** Why there are none, now and later. */
  readonly problem?: string;
}

/** Who knows the displayed orders: in a node, the archive thread's core. */
export interface StandingOrders {
  /**
   * Asks for the orders as they stand after entry `sequence`. `onAnswer` is called once, perhaps before this returns.
   * Returns how to withdraw the question: then it is not called any more.
   */
  ask(sequence: number, onAnswer: (answer: OrdersAnswer) => void): () => void;
}
