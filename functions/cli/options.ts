// The options that several commands share, with their words and checks. No I/O.
import { InvalidArgumentError, Option } from 'commander';

export const jsonOption = () => new Option('--json', 'print one JSON document (watch: one a line) instead of text');
export const yesOption = () => new Option('--yes', 'do not ask: for scripts');
export const clusterOption = () =>
  new Option('--cluster <id>', 'the cluster to act on; not needed when the configuration has one only');

export const waitOption = () =>
  new Option('--wait <seconds>', 'with --remote: how long to wait until it is reached')
    .argParser(wholeNumber(0, 3600))
    .default(120);

/** Reads a whole number from a command line argument. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`got ${text}, want a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}
