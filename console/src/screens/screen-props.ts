/** What a screen is told. */
export interface ScreenProps {
  /** The parts of the path behind the screen's own. */
  readonly rest: readonly string[];
}
