// Which kinds of channels there are, for the configuration: the one explicit list. What they do is listed in functions/alerts/channels/index.ts.
import { z } from 'zod';
import type { ChannelKind } from './kind.ts';
import { pagerdutyKind } from './pagerduty.ts';
import { webhookKind } from './webhook.ts';

export const channelKinds = { webhook: webhookKind, pagerduty: pagerdutyKind } as const;

/** A channel of one of these kinds. */
export function channelSchemaOf<Kinds extends Readonly<Record<string, ChannelKind>>>(kinds: Kinds) {
  type Schema = Kinds[keyof Kinds]['schema'];
  const schemas = Object.values(kinds).map(({ schema }) => schema) as [Schema, ...Schema[]];
  const words = Object.keys(kinds).map((kind) => `'${kind}'`);
  return z.discriminatedUnion('kind', schemas, { error: `a channel of the kind ${words.join(' or ')}` });
}
