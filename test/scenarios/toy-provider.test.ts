// A provider from outside the tree, added by the steps of docs/contributing/add-a-provider.md alone: two files, and one line in each of two lists. Its
// host has an HTTP API with a token, knows records by ids, takes few of them at once and has a quota. The conformance list runs on it as well.
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { secretNames } from '../../functions/config/secret-names.ts';
import { factsOf, standbyKinds, standbySchemaOf } from '../../functions/config/standby/index.ts';
import { requireSecret } from '../../functions/entry/secrets.ts';
import { type KnownStandbys, wireEach, wireKind, wireProbeOfEach } from '../../functions/entry/wire-standbys.ts';
import type { Wires } from '../../functions/entry/wires.ts';
import { LifeboatError } from '../../functions/lib/errors.ts';
import { compareRrsets, type Rrset } from '../../functions/records/rrset.ts';
import { deliverDue } from '../../functions/tasks/alert/deliver.ts';
import { operate } from '../../functions/tasks/control/operate.ts';
import { workToRest } from '../../functions/tasks/loop/dispatch.ts';
import { probeRound } from '../../functions/tasks/loop/probe-round.ts';
import { createStandbyFileView } from '../../probes/standby-file.ts';
import { conformanceZone, describeProvider, foreign } from '../conformance/provider.ts';
import { createFakeCluster } from '../fakes/cluster.ts';
import { registryKind } from '../toys/registry-provider/config.ts';
import { createRegistryHost, type RegistryHost } from '../toys/registry-provider/host.ts';
import { createRegistryProvider, createRegistryReader, setsOf } from '../toys/registry-provider/registry.ts';

// The two lines.
const kinds = { ...standbyKinds, registry: registryKind };
const schema = standbySchemaOf(kinds);
type Config = z.output<typeof schema>;
const known: KnownStandbys<Config> = {
  factsOf: (config, zone) => (config.kind === 'registry' ? registryKind.factsOf(config, zone) : factsOf(config, zone)),
  async wire(wires, cluster, config, zone) {
    if (config.kind !== 'registry') return wireKind(wires, cluster, config, zone);
    const { id, url, timeoutMs } = config;
    const token = requireSecret(wires.secrets, config.token.secret, `the standby ${id}`);
    const provider = createRegistryProvider(wires, { zone, url, token, timeoutMs });
    return { provider, view: createStandbyFileView(createRegistryReader(provider), { id, where: url, zone }) };
  },
};

const token = 't0ken';
const url = 'https://dns.example/api';
const standby = schema.parse({ kind: 'registry', url, token: { secret: 'REGISTRY_TOKEN' } });

const hostRecords = foreign.flatMap(({ name, type, ttlSeconds, values }) =>
  values.map((value) => ({ name, type, ttl: ttlSeconds, value })),
);

async function setUp() {
  const fake = createFakeCluster();
  const host = createRegistryHost(token, hostRecords);
  const unwanted = () => {
    throw new LifeboatError('internal', 'not for a standby at the registry');
  };
  const wires: Wires = {
    fetch: host.fetch,
    clock: fake.ports.clock,
    secrets: (name) => (name === 'REGISTRY_TOKEN' ? token : undefined),
    random: { bytes: unwanted },
    network: { connect: unwanted, startTls: unwanted },
    readFile: unwanted,
    execute: unwanted,
    openZonefile: unwanted,
  };
  const { cluster } = fake.ports;
  const place = { vantage: 'local', group: 'local' };
  const look = await wireProbeOfEach(wires, cluster, [standby], known, place);
  const ports = {
    ...fake.ports,
    standbys: await wireEach(wires, cluster, [standby], known),
    probe: async (expected: Parameters<typeof look>[0]) => [...(await fake.ports.probe([])), ...(await look(expected))],
  };
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const effects = await probeRound(ports, () => {});
      await workToRest(ports, effects, () => {});
      await deliverDue(ports);
      fake.pass(5000);
    }
  };
  return { fake, host, ports, rounds };
}

const valuesAt = (host: RegistryHost, label: string) =>
  host.records().flatMap(({ name, value }) => (name === `${label}.cluster.local.` ? [value] : []));

describe('a provider from outside the tree', () => {
  it('is configured as any other', () => {
    expect(standby).toMatchObject({ id: 'registry', timeoutMs: 10_000 });
    expect(secretNames(standby).map(({ name }) => name)).toEqual(['REGISTRY_TOKEN']);
    expect(schema.safeParse({ kind: 'papyrus' }).error?.issues[0]?.message).toBe(
      "a standby of the kind 'rfc2136' or 'zonefile' or 'registry'",
    );
  });

  it('is kept warm, frozen in an outage, and given back', async () => {
    const { fake, host, ports, rounds } = await setUp();
    await rounds(8);
    expect(valuesAt(host, 'web.shop.svc')).toEqual(['10.96.0.10']);
    expect(valuesAt(host, '_lifeboat')).toEqual([expect.stringContaining('warm')]);
    fake.services.set('late.shop', '10.96.0.12');
    fake.services.delete('web.shop');
    fake.weather = 'api-down';
    await rounds(6);
    expect(valuesAt(host, '_lifeboat')).toEqual([expect.stringContaining('frozen')]);
    expect([valuesAt(host, 'late.shop.svc'), valuesAt(host, 'web.shop.svc')]).toEqual([['10.96.0.12'], ['10.96.0.10']]);
    expect(fake.sent.map(({ alert }) => alert.dedupKey)).toEqual(['prod/activation/1']);
    fake.weather = 'calm';
    await rounds(10);
    const order = { command: 'failback', who: 'ada', why: 'over' } as const;
    expect(await operate(ports, order, () => {})).toMatchObject({ status: 'accepted' });
    await rounds(4);
    expect(valuesAt(host, '_lifeboat')).toEqual([expect.stringContaining('warm')]);
    expect(valuesAt(host, 'web.shop.svc')).toEqual([]);
    const others = host
      .records()
      .filter(({ name }) => !/\.svc\.|^_lifeboat\./.test(name) || name.startsWith('somebody.'));
    expect(others.map(({ id: _id, ...record }) => record)).toEqual(hostRecords);
  });

  it('says what is wrong with it by its id, and stores no token', async () => {
    const { fake, host, ports, rounds } = await setUp();
    await rounds(8);
    host.isGone = true;
    await rounds(6);
    const keys = fake.sent.map(({ alert }) => alert.dedupKey);
    expect(keys).toEqual(['prod/standby-degraded/registry']);
    const documents = await Promise.all((await ports.store.list('')).map((key) => ports.store.read(key)));
    expect(JSON.stringify([documents, fake.sent])).not.toContain(token);
  });
});

function allOf(host: RegistryHost): readonly Rrset[] {
  return [...setsOf(host.records())].sort(compareRrsets);
}

describeProvider({
  name: 'a registry from outside the tree',
  async start() {
    const host = createRegistryHost(token, hostRecords);
    const options = { zone: conformanceZone, url, token, timeoutMs: 5000 };
    const provider = createRegistryProvider({ fetch: host.fetch }, options);
    return {
      provider,
      all: async () => allOf(host),
      manyValues: 29,
      tooManyValues: 30,
      leastBatchesOfThousand: 18,
      writes: () => host.asked.filter((one) => one === 'batch').length,
      stop: async () => {},
    };
  },
});
