// The configuration of the toy: what a newcomer writes into functions/config/standby/<kind>.ts, as docs/contributing/add-a-provider.md says.
import { z } from 'zod';
import { milliseconds, section, text } from '../../../functions/config/field.ts';
import { secretRef } from '../../../functions/config/secret.ts';
import { type StandbyKind, standbyId } from '../../../functions/config/standby/kind.ts';

const schema = section(
  { what: 'A zone at the registry, by its HTTP API' },
  {
    kind: z.literal('registry'),
    id: standbyId('registry'),
    url: text('an https URL', /^https:\/\//, { what: 'Where its API is' }),
    token: secretRef({ what: 'What its API takes, as a secret by name' }),
    timeoutMs: milliseconds(100, 120_000, 10_000, { what: 'Deadline of one request' }),
  },
);

export const registryKind: StandbyKind<typeof schema> = {
  schema,
  isLocal: false,
  factsOf: ({ url, timeoutMs }, clusterZone) => ({
    zone: clusterZone,
    place: { kind: 'server', server: { host: new URL(url).hostname, port: 443 } },
    secured: 'https with a token',
    timeoutMs,
    allowPublic: false,
  }),
  template: () => [
    "{ kind: 'registry', id: 'registry', url: 'https://dns.example/api', token: secret('REGISTRY_TOKEN') },",
  ],
};

export type RegistryConfig = z.output<typeof schema>;
