// The prompt after the replay: breaks and heals the cluster as it is told, and runs Lifeboat's own commands. A line a command, from a terminal
// or a pipe; the end of the input ends the lab.
import { createInterface } from 'node:readline';
import { messageOf } from '../../functions/lib/errors.ts';
import type { WatchLine } from '../processes/lifeboat-process.ts';
import { type Breaks, rolloutMs } from './breaks.ts';
import { maxNodes } from './options.ts';
import { tellPage } from './page.ts';
import { operate } from './replay.ts';
import type { Show } from './show.ts';
import { number } from './words.ts';

const toldTimeoutMs = 30_000;

interface Command {
  readonly usage: string;
  readonly what: string;
  readonly fits: RegExp;
  readonly run: (show: Show, breaks: Breaks, argument: string) => Promise<void>;
}

const commands: readonly Command[] = [
  {
    usage: 'break api',
    what: 'the API server hangs: it takes connections and answers nothing',
    fits: /^break api$/,
    async run(show, breaks) {
      show.struck(breaks.api());
      show.screen.say('cluster', 'the API server hangs');
    },
  },
  {
    usage: 'break dns',
    what: 'both CoreDNS replicas are killed, the API server goes on',
    fits: /^break dns$/,
    async run(show, breaks) {
      show.struck(await breaks.dns());
      show.screen.say(
        'cluster',
        'CoreDNS is gone; the API server goes on changing the cluster, and the standby cannot follow',
      );
    },
  },
  {
    usage: 'break network',
    what: 'the vantage cannot reach the Worker: unknown is not down, nothing fails over',
    fits: /^break network$/,
    async run(show, breaks) {
      show.struck(breaks.network());
      show.screen.say('cluster', 'the vantage reaches the Worker no more; the cluster is well');
    },
  },
  {
    usage: 'flood N',
    what: `an agent on N nodes lists everything, 1 to ${number(maxNodes)}`,
    fits: /^flood (\d+)$/,
    async run(show, breaks, argument) {
      const nodes = Number(argument);
      if (nodes < 1 || nodes > maxNodes) throw new Error(`flood: got ${argument}, want 1 to ${maxNodes} nodes`);
      show.struck(await breaks.flood(nodes));
      show.screen.say(
        'cluster',
        `the agent comes up on ${number(nodes)} ${nodes === 1 ? 'node' : 'nodes'} within ${rolloutMs / 1_000} s`,
      );
    },
  },
  {
    usage: 'heal',
    what: 'undoes whatever was broken',
    fits: /^heal$/,
    async run(show, breaks) {
      const sinceMs = Date.now();
      await breaks.heal();
      show.healed();
      show.screen.say('cluster', 'nothing is broken any more; Lifeboat sees so within some rounds');
      await show.healthy();
      show.calm();
      if (show.phase() !== 'active') return;
      // Sooner a failback would be refused.
      const isDue = ({ phase, pages }: WatchLine) =>
        (phase !== undefined && phase !== 'active') ||
        (pages ?? []).some(({ dedupKey }) => dedupKey.endsWith('failback-due'));
      await show.saw('that the outage is over', isDue, sinceMs);
      if (show.phase() === 'active') show.screen.say('lab', 'the standby stays frozen until you type: failback');
    },
  },
  {
    usage: 'failback',
    what: 'lifeboat failback --remote --yes',
    fits: /^failback$/,
    async run(show) {
      await operate(show, ['failback', '--yes', '--why', 'typed in the lab']);
    },
  },
  {
    usage: 'status',
    what: 'lifeboat status --remote, and how clients are affected',
    fits: /^status$/,
    async run(show) {
      await operate(show, ['status']);
      show.sayImpact();
    },
  },
  {
    usage: 'page',
    what: 'where the page is, and the token that opens it',
    fits: /^page$/,
    async run({ screen, stage }) {
      tellPage(screen, stage);
    },
  },
];

/** Reads commands until `quit` or the end of the input. */
export async function converse(show: Show, breaks: Breaks): Promise<void> {
  const { screen } = show;
  const isTerminal = process.stdin.isTTY === true && screen.interactive;
  screen.say('lab', 'Everything stays up: break something. help says how.');
  const { stdin, stdout } = process;
  const input = createInterface(isTerminal ? { input: stdin, output: stdout, prompt: 'lab> ' } : { input: stdin });
  // A terminal in readline's hands sends no signal by itself.
  input.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  if (isTerminal) {
    screen.prompting(input);
    input.prompt();
  }
  try {
    for await (const line of input) {
      const text = line.trim().replace(/\s+/g, ' ');
      if (text === 'quit' || text === 'exit') return;
      if (text !== '') await obey(show, breaks, text);
      if (isTerminal) input.prompt();
    }
    // A pipe of commands has ended: what they broke is told first.
    await show.told(toldTimeoutMs);
  } finally {
    screen.prompting(undefined);
    input.close();
  }
}

async function obey(show: Show, breaks: Breaks, text: string): Promise<void> {
  const { screen } = show;
  if (text === 'help' || text === '?') return help(show);
  const command = commands.find(({ fits }) => fits.test(text));
  if (command === undefined) {
    const [first = ''] = text.split(' ');
    const meant = commands.filter(({ usage }) => usage.split(' ')[0] === first).map(({ usage }) => usage);
    return screen.say(
      'lab',
      `unknown: ${text}; ${meant.length > 0 ? meant.join(', ') : 'help lists the commands'}`,
      'warn',
    );
  }
  try {
    await command.run(show, breaks, command.fits.exec(text)?.[1] ?? '');
  } catch (error) {
    screen.say('lab', messageOf(error), 'bad');
  }
}

function help({ screen }: Show): void {
  for (const { usage, what } of commands) screen.say('', `${usage.padEnd(14)} ${what}`);
  screen.say('', `${'quit'.padEnd(14)} ends the lab`);
}
