// The configuration as a whole: its schema, and the types that the rest of Lifeboat reads. It reads no file and no secret.
import { z } from 'zod';
import { alertsSchema } from './alerts.ts';
import { apiSchema } from './api.ts';
import { clusterSchema } from './cluster/cluster.ts';
import { referenceField } from './cluster/vantages.ts';
import { list, notes, path, section, text } from './field.ts';
import type { tsigSchema } from './tsig.ts';

const state = z
  .discriminatedUnion(
    'kind',
    [
      section(
        { what: 'Files below a folder, written so that a crash leaves the old or the new state' },
        {
          kind: z.literal('file'),
          directory: path('a folder', { what: 'The folder, made when it is missing' }).default('.lifeboat'),
        },
      ),
      section({ what: 'Nothing survives the process: for tests and trying out' }, { kind: z.literal('memory') }),
    ],
    { error: "a store of the kind 'file' or 'memory'" },
  )
  .meta(
    notes('one of the kinds below', {
      what: 'Where Lifeboat keeps its own state: snapshots, phases, alerts to deliver',
      why: 'It must survive a crash of the watchdog, and must not live in the cluster that is watched.',
    }),
  );

const word = '1 to 40 of a-z, 0-9 and -';
const wordPattern = /^[a-z0-9-]{1,40}$/;

export const defaultWriter = 'lifeboat';

export const configSchema = section(
  { what: 'The whole configuration' },
  {
    writer: text('1 to 63 of a-z, 0-9, ., _ and -', /^[a-z0-9._-]{1,63}$/, {
      what: 'Who writes the marker of a standby zone: unique for each deployment of Lifeboat',
      why: 'Two deployments of one name could not tell their writes and their pages apart. Another one than the default stands at the end of the dedup keys.',
    }).default(defaultWriter),
    vantage: section(
      { what: 'Where `lifeboat watch` and the commands probe from' },
      {
        id: text(word, wordPattern, { what: 'Its name in observations' }).default('local'),
        group: text(word, wordPattern, {
          what: 'The network that it can fail with',
          why: 'A quorum counts groups, so that one broken network cannot make a verdict.',
        }).default('local'),
        reference: referenceField,
      },
    ).prefault({}),
    state: state.prefault({ kind: 'file' }),
    clusters: list(clusterSchema, 'clusters', 1, 100, { what: 'The watched clusters' }),
    alerts: alertsSchema.prefault({}),
    api: apiSchema.prefault({}),
  },
);

/** What a person writes: everything with a default may be left out. */
export type ConfigInput = z.input<typeof configSchema>;

/** The configuration after parseConfig: checked, complete, names and addresses read. */
export type Config = z.output<typeof configSchema>;

export type ClusterConfig = Config['clusters'][number];
export type ApiServerConfig = ClusterConfig['apiServer'];
export type StandbyConfig = ClusterConfig['standby'][number];
export type TsigConfig = z.output<ReturnType<typeof tsigSchema>>;
export type VantageConfig = ClusterConfig['vantages'][number];
export type InsideVantageConfig = Extract<VantageConfig, { kind: 'inside' }>;
export type ApiConfig = Config['api'];
export type TokenConfig = ApiConfig['tokens'][number];
export type AlertsConfig = Config['alerts'];
export type ChannelConfig = AlertsConfig['channels'][number];
