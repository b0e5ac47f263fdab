/** The files of reports cannot be written or made durable. Nothing more is written until the node starts again. */
export class ReportFileError extends Error {
  override readonly name = 'ReportFileError';
  declare readonly code: 'DISK_FULL' | 'IO_ERROR';
  declare readonly file: string;

  constructor(file: string, cause: unknown) {
    const error = cause as NodeJS.ErrnoException;
    const code = error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'DISK_FULL' : 'IO_ERROR';
    const what =
      code === 'DISK_FULL' ? `no space left for ${file}: free some` : `${error.message} (${file}): mend it`;
    super(
      `report files: ${what}, then restart the node. Trading goes on; the restart writes what is missing from the log.`,
      { cause },
    );
    this.code = code;
    this.file = file;
  }
}

/** Reports that a client asked for cannot be handed out. */
export class ReportsUnavailableError extends Error {
  override readonly name = 'ReportsUnavailableError';
  /**
   * `LATE`: not written yet, ask again. `MISSING`: the file does not have them and will not get them. `DAMAGED`: the
   * file holds other bytes than were written. `IO_ERROR`: the file cannot be read.
   */
  declare readonly code: 'LATE' | 'MISSING' | 'DAMAGED' | 'IO_ERROR';
  declare readonly userId: number;
  /** The first report that is not to be had. */
  declare readonly reportNumber: number;

  constructor(
    code: 'LATE' | 'MISSING' | 'DAMAGED' | 'IO_ERROR',
    userId: number,
    reportNumber: number,
    what: string,
    options?: { cause?: unknown },
  ) {
    super(`report ${reportNumber} of user ${userId}: ${what}`, options);
    this.code = code;
    this.userId = userId;
    this.reportNumber = reportNumber;
  }
}
