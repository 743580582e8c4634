// What the operator's commands are called and what they do, for people. Words only.
import type { OperatorCommand } from '../../model/outage.ts';

export interface CommandWords {
  /** On the button that shows the plan; it does nothing yet. */
  readonly button: string;
  /** On the button that does it. */
  readonly confirm: string;
  readonly title: string;
  readonly what: string;
  /** It stands for trouble: the page says it in red. */
  readonly grave: boolean;
}

export const commandWords: Readonly<Record<OperatorCommand, CommandWords>> = {
  failover: {
    button: 'Fail over…',
    confirm: 'Fail over now',
    title: 'Fail over',
    what: 'Records an activation, pages, captures once more, publishes adds and changes, and freezes the standby.',
    grave: true,
  },
  failback: {
    button: 'Fail back…',
    confirm: 'Fail back now',
    title: 'Fail back',
    what: 'Captures anew, publishes with deletes, and thaws the standby. Refused until the API server has been healthy for some rounds.',
    grave: false,
  },
  hold: {
    button: 'Hold…',
    confirm: 'Hold now',
    title: 'Hold',
    what: 'Stops every capture, write and failover until it is released, or for a time. Probes and pages go on.',
    grave: false,
  },
  release: {
    button: 'Release…',
    confirm: 'Release now',
    title: 'Release',
    what: 'Ends a hold: Lifeboat watches and acts again.',
    grave: false,
  },
};

export const commands: readonly OperatorCommand[] = ['failover', 'failback', 'hold', 'release'];

export function isCommand(text: string): text is OperatorCommand {
  return Object.hasOwn(commandWords, text);
}
