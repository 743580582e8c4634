import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../functions/config/parse.ts';
import { wireChannels } from '../../../functions/entry/wire-channels.ts';
import { deliveryOf } from '../../conformance/channel.ts';
import { realClock } from '../../fakes/real-deps.ts';
import { configWith } from '../config/example.ts';

const routingKey = 'R0F1R2S3T4U5V6W7X8Y9Z0A1B2C3D4E5';
const hook = { kind: 'webhook', id: 'chat', url: 'https://hooks.example/', secret: { secret: 'HOOK' } };
const pager = { kind: 'pagerduty', id: 'pager', routingKey: { secret: 'PAGER' } };

function wire(secrets: Readonly<Record<string, string>>, given: readonly unknown[] = [pager, hook]) {
  const parsed = parseConfig(configWith({ 'alerts.channels': given, 'api.url': 'https://lifeboat.example' }));
  if (parsed.status === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  const posts: { readonly url: string; readonly body: string }[] = [];
  const wired = wireChannels(
    {
      fetch: async (url, init) => {
        posts.push({ url, body: String(init.body) });
        return new Response(null, { status: 202 });
      },
      clock: realClock,
      secrets: (name) => secrets[name],
    },
    parsed.config,
  );
  return { ...wired, posts };
}

describe('wireChannels', () => {
  it('makes every kind, in the order of the configuration, with links to the page', async () => {
    const { channels, lacking, posts } = wire({ PAGER: routingKey, HOOK: 'key' });
    expect(lacking).toEqual([]);
    expect(channels.map(({ id }) => id)).toEqual(['pager', 'chat']);
    for (const channel of channels) await channel.send(deliveryOf('trigger'), '');
    expect(posts.map(({ url }) => url)).toEqual(['https://events.pagerduty.com/v2/enqueue', 'https://hooks.example/']);
    for (const { body } of posts) expect(body).toContain('https://lifeboat.example/clusters/prod');
  });

  it('keeps the alerts of a channel whose secret is missing', async () => {
    const { channels, lacking } = wire({ HOOK: 'key' });
    expect(lacking).toEqual([expect.stringMatching(/PAGER .*id pager.* is not set/)]);
    expect(await channels[0]?.send(deliveryOf('trigger'), '')).toEqual({
      status: 'retry',
      reason: expect.stringContaining('PAGER is not set'),
    });
    expect(await channels[1]?.send(deliveryOf('trigger'), '')).toEqual({ status: 'delivered' });
  });

  it('says what is wrong with a secret that cannot be one, and does not show it', async () => {
    const { channels, lacking } = wire({ PAGER: `${routingKey}${routingKey}`, HOOK: 'whsec_no base64!' });
    expect(lacking).toEqual([
      expect.stringMatching(/^the secret PAGER .* has 64 characters/),
      expect.stringMatching(/^the secret HOOK .* Base64/),
    ]);
    const results = await Promise.all(channels.map((channel) => channel.send(deliveryOf('trigger'), '')));
    expect(results.map(({ status }) => status)).toEqual(['retry', 'retry']);
    expect(JSON.stringify([lacking, results])).not.toMatch(/R0F1|no base64/);
  });

  it('takes an address that is a secret, and shows nothing of it, not even its host', async () => {
    const hidden = { ...hook, url: { secret: 'HOOK_URL' } };
    const good = wire({ HOOK: 'key', HOOK_URL: 'https://t0ken.hooks.example/T0KEN\n' }, [hidden]);
    expect(good.lacking).toEqual([]);
    await good.channels[0]?.send(deliveryOf('trigger'), '');
    expect(good.posts.map(({ url }) => url)).toEqual(['https://t0ken.hooks.example/T0KEN']);

    const missing = wire({ HOOK: 'key' }, [hidden]);
    expect(missing.lacking).toEqual([expect.stringMatching(/HOOK_URL .*id chat.* is not set/)]);
    const shown: unknown[] = [missing.lacking];
    for (const url of ['http://t0ken.hooks.example/', 'T0KEN', 'https://t0ken:T0KEN@hooks.example/']) {
      const { channels, lacking } = wire({ HOOK: 'key', HOOK_URL: url }, [hidden]);
      expect(lacking).toEqual([
        expect.stringMatching(/^the secret HOOK_URL or HOOK .*https URL without user information/),
      ]);
      shown.push(lacking, await channels[0]?.send(deliveryOf('trigger'), ''));
    }
    expect(JSON.stringify(shown)).not.toMatch(/t0ken/i);
  });
});
