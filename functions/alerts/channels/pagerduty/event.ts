// An event of PagerDuty's Events API v2, within its limits. It sends nothing.
// https://developer.pagerduty.com/docs/send-alert-event
import { sha256Hex } from '../../../lib/canonical.ts';
import { clip } from '../../../lib/clip.ts';
import { duration } from '../../../lib/duration.ts';
import { type Alert, isoInstant } from '../../alert.ts';
import { pageLink } from '../../page-link.ts';

/*
 * | what            | limit              | what is done about it                                                      |
 * |-----------------|--------------------|----------------------------------------------------------------------------|
 * | routing_key     | 32 characters      | checked when the channel is made                                           |
 * | dedup_key       | 255 characters     | dedupKeyOf: hashed, never cut                                              |
 * | payload.summary | 1024 characters    | cut; never empty                                                           |
 * | the whole event | 512 KB             | the texts of custom_details are cut shorter and shorter, then left out     |
 * | any text        | not stated         | control characters become spaces, half surrogate pairs U+FFFD: a parser of the vendor's must not stumble |
 */
const maxKeyCharacters = 255;
const maxNameCharacters = 255;
const maxSummaryCharacters = 1024;
/** 512 KB, in the smaller reading. */
const maxEventBytes = 512_000;
/** How long the texts of custom_details may be: tried in turn until the event fits. */
const detailCharacters = [16_384, 4096, 1024, 256] as const;
const maxLinkCharacters = 2048;

/**
 * The key of an incident at PagerDuty: the dedup key as it is where PagerDuty takes it and nothing on the way could change it, else the start
 * of it and its SHA-256. Cut, two incidents could become one; a key that looks hashed is hashed again for the same reason.
 */
export async function dedupKeyOf(dedupKey: string): Promise<string> {
  const isPlain = /^[!-~]([ -~]*[!-~])?$/.test(dedupKey) && dedupKey.length <= maxKeyCharacters;
  if (isPlain && !/#[0-9a-f]{64}$/.test(dedupKey)) return dedupKey;
  // As JSON, which tells apart what UTF-8 cannot: halves of surrogate pairs.
  const hash = await sha256Hex(JSON.stringify(dedupKey));
  const start = dedupKey.replace(/[^!-~]/g, '_').slice(0, maxKeyCharacters - hash.length - 1);
  return `${start}#${hash}`;
}

/** The event as JSON, with the link to the cluster's page where there is one. */
export async function eventOf(alert: Alert, routingKey: string, pageOrigin: string | undefined): Promise<string> {
  const link = pageLink(pageOrigin, alert.cluster);
  const shown = link === undefined || link.length > maxLinkCharacters ? undefined : link;
  const incident = alert.dedupKey.startsWith(`${alert.cluster}/`)
    ? alert.dedupKey.slice(alert.cluster.length + 1)
    : alert.dedupKey;
  const source = nameOf(alert.cluster);
  const event = {
    routing_key: routingKey,
    event_action: alert.action,
    dedup_key: await dedupKeyOf(alert.dedupKey),
    client: 'Lifeboat',
    ...(shown === undefined
      ? {}
      : { client_url: shown, links: [{ href: shown, text: `Lifeboat's page of ${source}` }] }),
  };
  const payload = {
    summary: clip(
      plain(alert.summary.replace(/\s+/g, ' ')).trim() || `[${source}] an alert without words`,
      maxSummaryCharacters,
    ),
    source,
    severity: alert.severity,
    timestamp: isoInstant(alert.at),
    component: nameOf(incident),
    group: source,
    class: nameOf(incident.split('/')[0] ?? incident),
  };
  for (const most of detailCharacters) {
    const text = JSON.stringify({ ...event, payload: { ...payload, custom_details: detailsOf(alert, most) } });
    if (new TextEncoder().encode(text).length <= maxEventBytes) return text;
  }
  const note = { note: `left out: the event would be larger than ${maxEventBytes} bytes; lifeboat status has it all` };
  return JSON.stringify({ ...event, payload: { ...payload, custom_details: note } });
}

/** In the order in which a person who was woken up needs it. */
function detailsOf(alert: Alert, most: number): Readonly<Record<string, string>> {
  const { whatIsWrong, whatLifeboatDid, whatToRunNext, since, at, seenFrom, dedupKey, repeat } = alert;
  const text = (words: string) => clip(plain(words), most);
  return {
    'what is wrong': text(whatIsWrong),
    'what Lifeboat did': text(whatLifeboatDid),
    'what to run next': text(whatToRunNext),
    since: `${isoInstant(since)} (${duration(at - since)} when this was written)`,
    ...(seenFrom.length === 0 ? {} : { 'seen from': text(seenFrom.join(', ')) }),
    incident: text(dedupKey),
    ...(repeat === 0 ? {} : { reminder: String(repeat) }),
  };
}

/** A member that takes a name: one line, not empty, of a length that every integration shows. */
function nameOf(text: string): string {
  return clip(plain(text.replace(/\s+/g, ' ')) || 'unknown', maxNameCharacters);
}

/** Without control characters and half surrogate pairs. */
export function plain(text: string): string {
  return text.toWellFormed().replace(/[^\P{Cc}\n\t]/gu, ' ');
}
