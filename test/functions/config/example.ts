// A small complete configuration for the tests of functions/config, changed in one place at a time.
import { type ConfigInput, secret } from '../../../functions/config/index.ts';

type Json = Record<string, unknown>;

/** Typed once, so that the example itself is held to ConfigInput. */
const example: ConfigInput = {
  clusters: [
    {
      id: 'prod',
      apiServer: {
        url: 'https://10.0.0.1:6443',
        ca: { file: 'ca.pem' },
        identity: { kind: 'certificate', certificateFile: 'watch.pem', keyFile: 'watch.key' },
      },
      dns: { servers: ['10.0.0.10', '[fd00::a]:5301'], tsig: { name: 'Lifeboat', secret: secret('AXFR_KEY') } },
      standby: [{ kind: 'rfc2136', server: '192.0.2.53', tsig: { name: 'lifeboat.', secret: secret('UPDATE_KEY') } }],
    },
  ],
};

/** The example with the values at the given paths replaced: `{ 'clusters.0.probe.timeoutMs': -5 }`; `undefined` removes. */
export function configWith(changes: Readonly<Record<string, unknown>> = {}): unknown {
  const config = structuredClone(example) as unknown as Json;
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const parent = keys.reduce<Json>((object, key) => {
      object[key] ??= {};
      return object[key] as Json;
    }, config);
    parent[last] = value;
  }
  return config;
}
