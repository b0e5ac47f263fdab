import type { WordBuffer } from '#lib/word-buffer.ts';

/** The displayed orders as they stand after an entry: OrderRested records, by priority. */
export interface OrdersImage {
  readonly words: WordBuffer;
  /** Reads the next records into `words`, from word 0 on, and returns how many words they have; 0: that was all. @throws FeedImageError */
  read(): number;
  /** Gives back what the image takes. */
  close(): void;
}

/** What comes of a question for them: one of these. */
export interface OrdersAnswer {
  readonly image?: OrdersImage;
  /** Who is asked is beyond that entry and has come to this one: to ask for what is before is in vain. */
  readonly passedTo?: number;
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
