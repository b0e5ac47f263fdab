/**
 * Why the door ends a connection: the code and the text of the Close frame (RFC 6455, section 7.4). Beside them ws says by
 * itself 1002 (not the protocol), 1007 (text that is no UTF-8) and 1009 (a message that is too big).
 */
export const CloseReason = {
  GoingAway: { code: 1001, text: 'the node stops' },
  Binary: { code: 1003, text: 'binary messages are not read: send JSON text' },
  Starting: { code: 1013, text: 'the state of the market is being read: connect again' },
  Internal: { code: 1011, text: 'the door failed: this is a bug' },
  Idle: { code: 4000, text: 'nothing was subscribed and nobody authenticated in time' },
  AuthOver: { code: 4001, text: 'the proof of identity has ended: connect and authenticate again' },
  Slow: {
    code: 4002,
    text: 'too slow: more waits to be read than is kept. Resume reports from the last number',
  },
  CutOff: { code: 4004, text: 'this node is cut off from the log of the venue: connect to another' },
  CutOffBefore: {
    code: 4004,
    text: 'this node was cut off from the log of the venue, which ended the session: connect again',
  },
  /** With the reason of who ended it behind it. */
  Ended: { code: 4005, text: 'the venue ended the session' },
  TooMany: { code: 4003, text: 'too many messages over the rate limit' },
} as const;
export interface CloseReason {
  readonly code: number;
  /** At most 123 bytes. */
  readonly text: string;
}
