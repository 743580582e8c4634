// `lifeboat hold`: stops the machine for a person who works on the cluster or the standby. Probes and pages go on.
import { Command, InvalidArgumentError, Option } from 'commander';
import { leastHoldMs, longestHoldMs } from '../../decision/machine/operator.ts';
import { duration, parseDuration } from '../../lib/duration.ts';
import type { CliContext } from '../context.ts';
import { clusterOption, jsonOption, waitOption, yesOption } from '../options.ts';
import { type OrderOptions, runOrder } from '../order.ts';

export function holdCommand(context: CliContext): Command {
  return new Command('hold')
    .description('stop every capture, write and automatic failover; probes and pages go on')
    .addOption(clusterOption())
    .addOption(
      new Option('--for <time>', 'it ends by itself after that: 30m, 2h, 1d; without it: until release').argParser(
        readTime,
      ),
    )
    .option('--why <text>', 'goes into the history', 'by hand')
    .addOption(waitOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .action(({ for: forMs, ...options }: HoldOptions) =>
      runOrder(context, 'hold', { ...options, ...(forMs === undefined ? {} : { forMs }) }),
    );
}

type HoldOptions = OrderOptions & { readonly for?: number };

function readTime(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= leastHoldMs && ms <= longestHoldMs) return ms;
  const limits = `from ${duration(leastHoldMs)} to ${duration(longestHoldMs)}`;
  throw new InvalidArgumentError(`got ${text}, want a time ${limits}, like 30m, 2h or 1d.`);
}
