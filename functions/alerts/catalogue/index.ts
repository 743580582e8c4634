// The catalogue: one entry a kind of incident. What is said of an incident anywhere is said here. Pure.
import type { Facts, Incident, IncidentKind } from '../../model/incident.ts';
import { credential, credentialOfVantage } from './credentials.ts';
import type { Entry, Moment } from './entry.ts';
import { held, hold, holdForgotten, outageInHold, outageInMaintenance } from './holds.ts';
import { channel, quorum, removed, store, test, told, vantage, vantageRefused, watch } from './lifeboat.ts';
import { activation, failbackDue, standbyAges } from './outages.ts';
import {
  capture,
  deletesHeld,
  fenced,
  foreign,
  giveBack,
  markerLost,
  publish,
  putBack,
  standby,
  standbyDegraded,
  standbyStale,
} from './standbys.ts';
import { blind, certificate, credentialEnds, dns, noHealthyReplica, notReady, unsteady } from './targets.ts';

const catalogue: { readonly [Kind in IncidentKind]: Entry<Facts<Kind>> } = {
  activation,
  'failback-due': failbackDue,
  'standby-ages': standbyAges,
  held,
  hold,
  'hold-forgotten': holdForgotten,
  'outage-in-hold': outageInHold,
  'outage-in-maintenance': outageInMaintenance,
  dns,
  'not-ready': notReady,
  'no-healthy-replica': noHealthyReplica,
  unsteady,
  blind,
  certificate,
  'credential-ends': credentialEnds,
  credential,
  'credential-of-vantage': credentialOfVantage,
  capture,
  standby,
  'standby-degraded': standbyDegraded,
  publish,
  'give-back': giveBack,
  'deletes-held': deletesHeld,
  fenced,
  foreign,
  'marker-lost': markerLost,
  'put-back': putBack,
  'standby-stale': standbyStale,
  vantage,
  quorum,
  'vantage-refused': vantageRefused,
  store,
  watch,
  removed,
  channel,
  test,
  told,
};

/** What the catalogue says of an incident at a moment. */
export interface Said {
  readonly title: string;
  readonly headline: string;
  readonly means: readonly string[];
  readonly did: ReturnType<Entry['did']>;
  readonly next: ReturnType<Entry['next']>;
}

export function said(incident: Incident, moment: Moment): Said {
  const { title, headline = title, means, did, next } = entryOf(incident);
  return {
    title: title(incident, moment),
    headline: headline(incident, moment),
    means: means(incident, moment),
    did: did(incident, moment),
    next: next(incident, moment),
  };
}

/** The entry of an incident's kind; its facts are of that kind. */
export function entryOf(incident: Incident): Entry {
  return catalogue[incident.kind] as Entry;
}
