// `lifeboat vantage` as a process on Node, with its secrets in files, against a Worker's ear over real HTTP.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VantageChoice } from '../../../../functions/cli/context.ts';
import { parseConfig } from '../../../../functions/config/parse.ts';
import type { Config } from '../../../../functions/config/schema.ts';
import { wireVantage } from '../../../../functions/entry/node/wire-vantage.ts';
import { realClock } from '../../../fakes/real-deps.ts';
import { closetKeys, rackKeys } from '../../../fakes/vantage.ts';
import { type FakeReceiver, receiverToken, startFakeReceiver } from '../../../fakes/vantage-receiver.ts';

const cli = join(import.meta.dirname, '../../../../functions/entry/node/cli.ts');
const folder = mkdtempSync(join(tmpdir(), 'lifeboat-vantage-'));
const configFile = join(folder, 'lifeboat.config.ts');
/** Nothing listens on port 1: what is seen is down, which is as good as up for what is tested here. */
const config = {
  clusters: [
    {
      id: 'prod',
      apiServer: {
        url: 'https://127.0.0.1:1',
        identity: { kind: 'token', secret: { secret: 'NOT_SET' } },
        slowMs: 200,
      },
      dns: { servers: ['127.0.0.1:1'] },
      probe: { intervalMs: 1000, timeoutMs: 400 },
      // Its key is not here, and is not asked for.
      standby: [{ kind: 'rfc2136', server: '192.0.2.53', tsig: { name: 'x.', secret: { secret: 'NOT_HERE' } } }],
      vantages: [
        { kind: 'inside', id: 'rack', group: 'dc', publicKey: rackKeys.publicKey },
        { kind: 'inside', id: 'closet', group: 'dc', publicKey: closetKeys.publicKey, targets: ['apiserver'] },
      ],
    },
  ],
};

function parsed(): Config {
  const outcome = parseConfig(config);
  if (outcome.status === 'invalid') throw new Error(JSON.stringify(outcome.problems));
  return outcome.config;
}

let receiver: FakeReceiver;
const children: ChildProcess[] = [];

beforeAll(async () => {
  const [cluster] = parsed().clusters;
  if (cluster === undefined) throw new Error('a cluster is needed');
  receiver = await startFakeReceiver(cluster);
  writeFileSync(configFile, `export default ${JSON.stringify(config)};\n`);
  writeFileSync(join(folder, 'key'), `${rackKeys.privateKey}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'token'), `${receiverToken}\n`, { mode: 0o600 });
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, [cli, '--config', configFile, 'vantage', ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      LIFEBOAT_VANTAGE_KEY_FILE: join(folder, 'key'),
      LIFEBOAT_VANTAGE_TOKEN_FILE: join(folder, 'token'),
      ...env,
    },
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return { child, ended: new Promise((resolve) => child.on('exit', resolve)), output: () => output };
}

const until = async (done: () => boolean) => {
  for (let i = 0; i < 900 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
};

// A process starts in a second or two, longer on a busy machine.
describe('lifeboat vantage', { timeout: 30_000 }, () => {
  it('reports until it is stopped, and ends cleanly', async () => {
    const { child, ended, output } = run(['--id', 'rack', '--remote', receiver.origin, '--json']);
    await until(() => receiver.rounds.length >= 2);
    expect(receiver.rounds[0]?.vantage, output()).toBe('rack');
    const kinds = new Set(receiver.rounds[0]?.observations.map(({ target }) => target.kind));
    expect(kinds).toEqual(new Set(['apiserver', 'dns']));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    const lines = output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ kind }) => kind)).toEqual(['begins', 'delivered']);
    expect(output()).not.toContain(rackKeys.privateKey);
    expect(output()).not.toContain(receiverToken);
  });

  it('looks once, at its own targets alone', async () => {
    const before = receiver.rounds.length;
    const args = ['--id', 'closet', '--once', '--remote', receiver.origin];
    const { ended, output } = run(args, { LIFEBOAT_VANTAGE_KEY: closetKeys.privateKey });
    expect(await ended, output()).toBe(0);
    expect(output()).toBe('prod: taken\n');
    const round = receiver.rounds[before];
    expect(round?.vantage).toBe('closet');
    expect(new Set(round?.observations.map(({ target }) => target.kind))).toEqual(new Set(['apiserver']));
  });

  it('says that a token is wrong, or that nobody answers, with an exit code', async () => {
    const args = ['--id', 'rack', '--once', '--remote'];
    const denied = run([...args, receiver.origin], { LIFEBOAT_VANTAGE_TOKEN: 'hunter2' });
    const unheard = run([...args, 'http://127.0.0.1:1']);
    expect([await denied.ended, await unheard.ended]).toEqual([1, 1]);
    expect(denied.output()).toMatch(/does not take the token/);
    expect(denied.output()).not.toContain('hunter2');
    expect(unheard.output()).toMatch(/could not be reached/);
  });
});

describe('wiring a vantage', () => {
  const secrets = { LIFEBOAT_VANTAGE_KEY: rackKeys.privateKey, LIFEBOAT_VANTAGE_TOKEN: receiverToken };
  const wire = (choice: VantageChoice, given: Readonly<Record<string, string>> = secrets) =>
    wireVantage(parsed(), configFile, (name) => given[name], realClock, choice);
  const remote = 'https://lifeboat.example.workers.dev/';

  it('asks for no secret of a standby or a pager', async () => {
    const [ports] = await wire({ id: 'rack', remote });
    expect(ports).toMatchObject({ cluster: { id: 'prod' }, vantage: { id: 'rack' } });
  });

  it.each<[string, VantageChoice, Readonly<Record<string, string>>, RegExp]>([
    ['no id, where there are two', { remote }, {}, /name one with --id: rack, closet/],
    ['an id that is not there', { id: 'attic', remote }, {}, /no cluster has a vantage "attic"/],
    ['no address', { id: 'rack' }, {}, /api.url/],
    ['plain HTTP to elsewhere', { id: 'rack', remote: 'http://192.0.2.1' }, {}, /https:/],
    ['an address with a path', { id: 'rack', remote: `${remote}v1` }, {}, /scheme and host only/],
    ['the key of another', { id: 'closet', remote }, {}, /does not belong to the publicKey of the vantage closet/],
    [
      'something else than a key',
      { id: 'rack', remote },
      { LIFEBOAT_VANTAGE_KEY: 'hunter2' },
      /43 characters of Base64url/,
    ],
    ['no token', { id: 'rack', remote }, { LIFEBOAT_VANTAGE_TOKEN: undefined as never }, /LIFEBOAT_VANTAGE_TOKEN_FILE/],
  ])('says what is wrong with %s', async (_what, choice, change, words) => {
    const message = expect.stringMatching(words);
    await expect(wire(choice, { ...secrets, ...change })).rejects.toMatchObject({ message });
    await expect(wire(choice, { ...secrets, ...change })).rejects.not.toMatchObject({
      message: expect.stringMatching(/hunter2/),
    });
  });
});
