/** What the demo market's thread is started with. */
export interface DemoThreadData {
  readonly port: number;
  readonly seed: number;
  /** Of all participants together. */
  readonly messagesPerSecond: number;
  readonly passwords: { readonly [name: string]: string };
}

/** What the thread says. */
export type FromDemoThread =
  /** Every participant is connected. */
  | { readonly kind: 'ready' }
  /** The market cannot begin. */
  | { readonly kind: 'failed'; readonly code: string; readonly reason: string }
  /** A participant lost its connection and will come back. */
  | { readonly kind: 'trouble'; readonly name: string; readonly reason: string };

/** What the thread is told. */
export type ToDemoThread = { readonly kind: 'close' };
