/** Why a stream cannot be this node's log. The message says what to do. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  declare readonly code: /** The server is older than this build trusts, or allows only smaller messages. */
    | 'SERVER'
    /** There is no stream of that name. */
    | 'NO_STREAM'
    /** A setting of the stream would lose or change entries. */
    | 'UNSAFE_SETTING'
    /** The stream holds another log, or none of ours. */
    | 'OTHER_LOG'
    /** The stream has fewer entries than this node's copy. */
    | 'LOST_ENTRIES'
    /** The stream has other bytes than this node's copy for the same entry, or lacks one in its middle. */
    | 'DAMAGED'
    /** The entries that this node needs next were removed behind a snapshot. */
    | 'SNAPSHOT_NEEDED'
    /** The stream asks for more storage than the servers have. */
    | 'NO_STORAGE'
    /** The servers did not make the stream, or did not answer, in time. */
    | 'NOT_READY';

  constructor(code: StreamError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
