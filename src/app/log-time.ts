/** A time of the log: seconds since the Unix epoch, and nanoseconds of that second. */
export interface LogTime {
  readonly seconds: number;
  readonly nanos: number;
}
