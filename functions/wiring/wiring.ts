// What every wiring is: text to put somewhere, and what to know before. Pure: it changes no cluster.

export interface Wiring {
  /** The file, with comments that say why. */
  readonly text: string;
  /** What the text alone does not do or may break, one sentence each; for the person who puts it in place. */
  readonly warnings: readonly string[];
}
