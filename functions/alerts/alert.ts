// An alert: what a person is told about one incident, bounded and without secrets. Pure data; channels turn it into their own form.

import { clip } from '../lib/clip.ts';
import type { Notice } from '../model/notice.ts';

export const alertActions = ['trigger', 'resolve'] as const;
export type AlertAction = (typeof alertActions)[number];

export interface Alert extends Notice {
  readonly action: AlertAction;
}

/** What is stored, whoever it goes to: a thousand alerts may wait. What a receiver takes is its channel's business. */
const maxTextCharacters = 4096;
const maxVantages = 32;

/** An alert as it is stored: what is longer is cut, and ends in `…`. Line breaks in the summary become spaces. */
export function createAlert(action: AlertAction, fields: Notice): Alert {
  return {
    action,
    // Never cut, whatever its length: two incidents would become one.
    dedupKey: fields.dedupKey,
    cluster: fields.cluster,
    severity: fields.severity,
    summary: clip(fields.summary.replace(/\s*[\r\n]+\s*/g, ' '), maxTextCharacters),
    whatIsWrong: clip(fields.whatIsWrong, maxTextCharacters),
    since: fields.since,
    seenFrom: fields.seenFrom.slice(0, maxVantages),
    whatLifeboatDid: clip(fields.whatLifeboatDid, maxTextCharacters),
    whatToRunNext: clip(fields.whatToRunNext, maxTextCharacters),
    at: fields.at,
    repeat: fields.repeat,
  };
}

const maxInstant = 8_640_000_000_000_000;

/** An instant as ISO 8601; what no date can be becomes the nearest that can, since an alert must not fail for it. */
export function isoInstant(at: number): string {
  return new Date(Math.max(-maxInstant, Math.min(maxInstant, at)) || 0).toISOString();
}
