// The command line of the lab.
import { parseArgs } from 'node:util';

export interface LabOptions {
  /** End after the replay. */
  readonly once: boolean;
  /** One JSON object on standard output; the story goes to standard error. */
  readonly json: boolean;
  /** On kube-apiserver, etcd, CoreDNS and Knot themselves. */
  readonly real: boolean;
  /** How many nodes the agent is rolled out to. */
  readonly nodes: number;
  /** Of the page; undefined: the usual one, or a free one. */
  readonly port: number | undefined;
}

const defaultNodes = 200;
export const maxNodes = 2_000;

const help = `npm start -- [options]

Replays the outage of 11 December 2024 on a small cluster on this machine, then waits for commands. Everything listens on 127.0.0.1.

  --once        end after the replay; exit code 0 when every fault was seen and clients with Lifeboat were not affected, else 1
  --json        as --once, with one JSON object on standard output and the story on standard error
  --real        on real kube-apiserver, etcd, CoreDNS (built with Go, some 12 minutes the first time) and Knot
  --nodes N     nodes that get the telemetry agent, 1 to ${maxNodes} (${defaultNodes})
  --port N      of the page (8787, or a free one where that is taken)
  --help        this text
`;

/** The options, or the exit code where there is nothing to run. */
export function readOptions(args: readonly string[]): LabOptions | number {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const nodes = wholeNumber(values.nodes, 1, maxNodes);
  const port = wholeNumber(values.port, 1, 65_535);
  if (nodes === 'bad') return refuse('--nodes', values.nodes, 1, maxNodes);
  if (port === 'bad') return refuse('--port', values.port, 1, 65_535);
  const { once = false, json = false, real = false } = values;
  return { once: once || json, json, real, nodes: nodes ?? defaultNodes, port };
}

function parse(args: readonly string[]) {
  const options = {
    once: { type: 'boolean' },
    json: { type: 'boolean' },
    real: { type: 'boolean' },
    nodes: { type: 'string' },
    port: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
}

function wholeNumber(text: string | undefined, least: number, most: number): number | undefined | 'bad' {
  if (text === undefined) return undefined;
  const value = Number(text);
  return /^\d+$/.test(text) && value >= least && value <= most ? value : 'bad';
}

function refuse(name: string, got: string | undefined, least: number, most: number): number {
  process.stderr.write(`lab: ${name}: got ${got}, want a whole number from ${least} to ${most}\n`);
  return 2;
}
