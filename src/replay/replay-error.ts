/** Where in a file something is wrong: the byte offset and, in text, the line (from 1). */
export interface FilePlace {
  readonly offset?: number;
  readonly line?: number;
}

/**
 * A recorded file cannot be read. The message names the file, the place in it and what to do next. Offsets count
 * bytes of the text or stream inside a compressed file, and bytes of the file itself where the container is at fault.
 */
export class ReplayFileError extends Error {
  override readonly name = 'ReplayFileError';
  readonly code = 'REPLAY_FILE';
  declare readonly file: string;
  declare readonly offset: number | undefined;
  declare readonly line: number | undefined;

  /** @param advice what the user does next, a sentence. */
  constructor(
    file: string,
    place: FilePlace,
    problem: string,
    advice: string,
    options?: { cause?: unknown },
  ) {
    const line = place.line === undefined ? '' : `, line ${place.line}`;
    const offset = place.offset === undefined ? '' : `, byte ${place.offset}`;
    super(`${file}${line}${offset}: ${problem}. ${advice}`, options);
    this.file = file;
    this.offset = place.offset;
    this.line = place.line;
  }
}

/** The files that were named are not what a replay of the format takes, whatever is in them. */
export class ReplayFilesError extends Error {
  override readonly name = 'ReplayFilesError';
  readonly code = 'REPLAY_FILES';

  /** @param advice what the user does next, a sentence. */
  constructor(files: readonly string[], problem: string, advice: string) {
    super(`${files.join(', ') || 'no file'}: ${problem}. ${advice}`);
  }
}

/** The venue refuses a command without which the replay cannot go on; the message says which, why and what to do. */
export class ReplayRefusedError extends Error {
  override readonly name = 'ReplayRefusedError';
  readonly code = 'REPLAY_REFUSED';
}
