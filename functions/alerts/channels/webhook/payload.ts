// What a webhook posts: the alert as JSON, within the limits of this channel. It signs and sends nothing.
import { clip } from '../../../lib/clip.ts';
import { isoInstant } from '../../alert.ts';
import type { Delivery } from '../../delivery.ts';
import { pageLink } from '../../page-link.ts';

/*
 * Receivers are anything: these are what small ones take, 16 KB of text or so.
 * | what             | limit           |
 * |------------------|-----------------|
 * | summary          | 1024 characters |
 * | any other text   | 4096 characters |
 * | seenFrom         | 32 vantages     |
 */
const maxSummaryCharacters = 1024;
const maxTextCharacters = 4096;
const maxVantages = 32;

export function webhookBody({ alert }: Delivery, pageOrigin: string | undefined): string {
  const link = pageLink(pageOrigin, alert.cluster);
  const timestamp = isoInstant(alert.at);
  const data = {
    action: alert.action,
    dedupKey: alert.dedupKey,
    cluster: alert.cluster,
    severity: alert.severity,
    summary: clip(alert.summary, maxSummaryCharacters),
    whatIsWrong: clip(alert.whatIsWrong, maxTextCharacters),
    seenFrom: alert.seenFrom.slice(0, maxVantages),
    whatLifeboatDid: clip(alert.whatLifeboatDid, maxTextCharacters),
    whatToRunNext: clip(alert.whatToRunNext, maxTextCharacters),
    repeat: alert.repeat,
    since: isoInstant(alert.since),
    at: timestamp,
    ...(link === undefined ? {} : { link }),
  };
  return JSON.stringify({ type: `lifeboat.alert.${alert.action}`, timestamp, data });
}
