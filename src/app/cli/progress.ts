const BAR_CHARACTERS = 30;
const REDRAW_MS = 100;

/** A progress bar on standard error, drawn only where that is a terminal. */
export class Progress {
  declare private readonly label: string;
  declare private readonly isShown: boolean;
  declare private readonly startMs: number;
  /** By performance.now(), which begins near 0 with the process. */
  declare private drawnMs: number;

  /** @param isShown draw at all; default: whether standard error is a terminal */
  constructor(label: string, isShown: boolean = process.stderr.isTTY === true) {
    this.label = label;
    this.isShown = isShown;
    this.startMs = performance.now();
    this.drawnMs = Number.NEGATIVE_INFINITY;
  }

  /** Shows `done` of `total`, ten times a second at most. */
  update(done: number, total: number): void {
    const nowMs = performance.now();
    if (!this.isShown || nowMs - this.drawnMs < REDRAW_MS) return;
    this.drawnMs = nowMs;
    const line = bar(this.label, done, total, nowMs - this.startMs);
    // What goes on in a second line is not taken away with the first.
    process.stderr.write(`\r\x1b[2K${line.slice(0, process.stderr.columns)}`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.drawnMs >= 0) process.stderr.write('\r\x1b[2K');
  }
}

/** One line: label, bar, percent, and how long it will still take. */
export function bar(label: string, done: number, total: number, elapsedMs: number): string {
  const fraction = total <= 0 ? 1 : Math.min(done / total, 1);
  const filled = Math.round(fraction * BAR_CHARACTERS);
  const percent = String(Math.floor(fraction * 100)).padStart(3);
  const left =
    fraction > 0.02 && fraction < 1 ? `, ${seconds((elapsedMs * (1 - fraction)) / fraction)} left` : '';
  return `${label} [${'#'.repeat(filled)}${'.'.repeat(BAR_CHARACTERS - filled)}] ${percent}%${left}`;
}

function seconds(ms: number): string {
  const total = Math.ceil(ms / 1_000);
  return total < 60 ? `${total} s` : `${Math.floor(total / 60)} min ${total % 60} s`;
}
