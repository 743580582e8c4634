import { describe, expect, it } from 'vitest';
import { LifeboatError } from '../../functions/lib/errors.ts';
import { createAuthority } from '../../lab/processes/certificates.ts';
import { createIdentity, type IdentityConfig } from '../../probes/identity.ts';

const authority = await createAuthority('test');
const client = await authority.issueClient('watchdog', [], 9.95 * 86_400_000);
const expired = await authority.issueClient('watchdog', [], -86_400_000);
const secretValue = 'top-secret-token';
const exec = {
  kind: 'exec',
  command: 'get-token',
  args: ['--fast'],
  env: { REGION: 'x' },
  timeoutMs: 500,
  provideClusterInfo: false,
} as const;
const cluster = { url: 'https://10.0.0.1:6443', serverName: 'kubernetes', ca: { file: 'ca.pem' } } as const;

/** An identity over files and command outputs that a test can change; `runs` are the commands that were run. */
function setUp(
  config: IdentityConfig,
  options: { files?: Record<string, string>; secrets?: Record<string, string>; outputs?: (string | Error)[] } = {},
) {
  const files = new Map(Object.entries(options.files ?? {}));
  const outputs = [...(options.outputs ?? [])];
  const runs: { command: string; args: readonly string[]; env: Readonly<Record<string, string>>; timeoutMs: number }[] =
    [];
  const time = { now: Date.now() };
  const identity = createIdentity(
    {
      clock: { now: () => time.now, sleep: async () => {} },
      readFile: async (path) => {
        const text = files.get(path);
        if (text === undefined) throw new LifeboatError('config', `cannot read ${path}: ENOENT`);
        return text;
      },
      execute: async (command, args, env, timeoutMs) => {
        runs.push({ command, args, env, timeoutMs });
        const output = outputs.length > 1 ? outputs.shift() : outputs[0];
        if (output instanceof Error) throw output;
        return output ?? '';
      },
      readSecret: (name) => (name === 'TOKEN' ? `${secretValue}\n` : options.secrets?.[name]),
    },
    config,
    cluster,
  );
  return { identity, files, runs, time };
}

const execCredential = (status: object) =>
  JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status });

describe('a client certificate', () => {
  const config = { kind: 'certificate', certificateFile: 'c.pem', keyFile: 'k.pem' } as const;

  it('is read from its files, with a warning within 14 days', async () => {
    const { identity } = setUp(config, { files: { 'c.pem': client.certificate, 'k.pem': client.key } });
    expect(await identity.credential()).toEqual({
      status: 'usable',
      credential: client,
      daysLeft: 9.9,
      warning: 'the client certificate ends in 9.9 days (c.pem)',
    });
  });

  it('may be in Base64, as a kubeconfig has it', async () => {
    const inLines = (text: string) => Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\n');
    const files = { 'c.pem': inLines(client.certificate), 'k.pem': inLines(client.key) };
    expect(await setUp(config, { files }).identity.credential()).toMatchObject({
      status: 'usable',
      credential: client,
    });
  });

  it('is taken from secrets', async () => {
    const secrets = { CERTIFICATE: client.certificate, KEY: client.key };
    const credentialWith = (key: string) =>
      setUp(
        { kind: 'certificate', certificate: { secret: 'CERTIFICATE' }, key: { secret: key } },
        { secrets },
      ).identity.credential();
    expect(await credentialWith('KEY')).toMatchObject({
      status: 'usable',
      credential: client,
      warning: 'the client certificate ends in 9.9 days (secret CERTIFICATE)',
    });
    expect(await credentialWith('NONE')).toEqual({
      status: 'refused',
      evidence: 'there is no secret named NONE',
    });
  });

  it.each([
    [{ 'k.pem': client.key }, 'cannot read c.pem: ENOENT'],
    [{ 'c.pem': 'nothing', 'k.pem': client.key }, 'no certificate can be read from c.pem'],
    [
      { 'c.pem': client.certificate, 'k.pem': 'nothing' },
      'there is no PEM private key to the client certificate of c.pem',
    ],
    [{ 'c.pem': expired.certificate, 'k.pem': expired.key }, 'the client certificate ended 1 days ago (c.pem)'],
  ])('is refused: %#', async (files, evidence) => {
    const { identity } = setUp(config, { files });
    expect(await identity.credential()).toEqual({ status: 'refused', evidence });
  });
});

describe('a token', () => {
  it('is read from its file each time', async () => {
    const { identity, files } = setUp({ kind: 'token', file: 't' }, { files: { t: 'one\n' } });
    expect(await identity.credential()).toEqual({ status: 'usable', credential: { token: 'one' } });
    files.set('t', 'two');
    expect(await identity.credential()).toEqual({ status: 'usable', credential: { token: 'two' } });
    files.delete('t');
    expect(await identity.credential()).toEqual({ status: 'refused', evidence: 'cannot read t: ENOENT' });
    files.set('t', ' ');
    expect(await identity.credential()).toEqual({ status: 'refused', evidence: 'the token is empty (t)' });
  });

  it('comes from a secret by name', async () => {
    const known = setUp({ kind: 'token', secret: { secret: 'TOKEN' } });
    expect(await known.identity.credential()).toEqual({ status: 'usable', credential: { token: secretValue } });
    const missing = setUp({ kind: 'token', secret: { secret: 'OTHER' } });
    expect(await missing.identity.credential()).toEqual({
      status: 'refused',
      evidence: 'there is no secret named OTHER',
    });
  });
});

describe('a command', () => {
  it('that is under way is not started beside itself', async () => {
    const { identity, runs } = setUp(exec, { outputs: [execCredential({ token: 'one' })] });
    const answers = await Promise.all([identity.credential(), identity.credential()]);
    expect(answers.map(({ status }) => status)).toEqual(['usable', 'usable']);
    expect(runs).toHaveLength(1);
  });

  it('is run without a shell, told what is wanted, and kept until just before its credential ends', async () => {
    const start = Date.now();
    const expirationTimestamp = new Date(start + 600_000).toISOString();
    const { identity, runs, time } = setUp(exec, {
      outputs: [execCredential({ token: 'one', expirationTimestamp }), execCredential({ token: 'two' })],
    });
    time.now = start;
    expect(await identity.credential()).toEqual({ status: 'usable', credential: { token: 'one' } });
    expect(runs).toEqual([
      {
        command: 'get-token',
        args: ['--fast'],
        env: {
          REGION: 'x',
          KUBERNETES_EXEC_INFO:
            '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}',
        },
        timeoutMs: 500,
      },
    ]);
    time.now = start + 569_000;
    await identity.credential();
    expect(runs).toHaveLength(1);
    time.now = start + 571_000;
    expect(await identity.credential()).toEqual({ status: 'usable', credential: { token: 'two' } });
    time.now = start + 86_400_000;
    await identity.credential();
    expect(runs).toHaveLength(2);
    identity.rejected();
    await identity.credential();
    expect(runs).toHaveLength(3);
  });

  it('is told which cluster it is for where it wants to know', async () => {
    const files = { 'ca.pem': authority.certificate };
    const { identity, runs } = setUp(
      { ...exec, provideClusterInfo: true },
      { files, outputs: [execCredential({ token: 'one' })] },
    );
    expect(await identity.credential()).toMatchObject({ status: 'usable' });
    const { spec } = JSON.parse(runs[0]?.env.KUBERNETES_EXEC_INFO ?? '{}');
    expect(spec).toEqual({
      cluster: {
        server: 'https://10.0.0.1:6443',
        'tls-server-name': 'kubernetes',
        'certificate-authority-data': Buffer.from(authority.certificate).toString('base64'),
      },
      interactive: false,
    });
    const lost = setUp({ ...exec, provideClusterInfo: true });
    expect(await lost.identity.credential()).toEqual({ status: 'refused', evidence: 'cannot read ca.pem: ENOENT' });
    expect(lost.runs).toEqual([]);
  });

  it('may say null for what it does not say', async () => {
    const nothing = { clientCertificateData: null, clientKeyData: null, expirationTimestamp: null };
    const { identity, runs, time } = setUp(exec, { outputs: [execCredential({ token: 'one', ...nothing })] });
    expect(await identity.credential()).toEqual({ status: 'usable', credential: { token: 'one' } });
    time.now += 86_400_000;
    await identity.credential();
    expect(runs).toHaveLength(1);
    const pair = { token: null, clientCertificateData: client.certificate, clientKeyData: client.key };
    const other = setUp(exec, { outputs: [execCredential(pair)] });
    expect(await other.identity.credential()).toEqual({ status: 'usable', credential: client });
  });

  it('may give a client certificate', async () => {
    const status = { clientCertificateData: client.certificate, clientKeyData: client.key };
    const { identity } = setUp(exec, { outputs: [execCredential(status)] });
    expect(await identity.credential()).toEqual({ status: 'usable', credential: client });
  });

  it.each([
    [`${secretValue} is no JSON`, 'the credential command get-token printed no JSON'],
    [
      JSON.stringify({ apiVersion: 'v1', kind: 'ExecCredential', status: { token: secretValue } }),
      'the credential command get-token printed no ExecCredential of client.authentication.k8s.io/v1: field apiVersion is missing or wrong',
    ],
    [
      execCredential({ token: 5, secret: secretValue }),
      'the credential command get-token printed no ExecCredential of client.authentication.k8s.io/v1: field status.token is missing or wrong',
    ],
    [
      execCredential({ clientCertificateData: client.certificate }),
      'the credential command get-token printed neither a token nor a client certificate with its key',
    ],
    [
      execCredential({ token: secretValue, expirationTimestamp: '2020-01-01T00:00:00Z' }),
      'the credential command get-token printed a credential that ended at 2020-01-01T00:00:00Z',
    ],
    [
      new LifeboatError('credential', 'the credential command get-token gave no answer within 500 ms'),
      'the credential command get-token gave no answer within 500 ms',
    ],
  ])('is refused: %#', async (output, evidence) => {
    const { identity, runs } = setUp(exec, { outputs: [output] });
    expect(await identity.credential()).toEqual({ status: 'refused', evidence });
    await identity.credential();
    expect(runs).toHaveLength(2);
  });
});
