// A rule: when an incident opens, how long it stays, and what to tell about it. Types, commands and evidence for people only.
import type { Notice } from '../../model/notice.ts';
import { apiServerKey } from '../health/verdict.ts';
import type { ClusterState } from '../machine/state.ts';
import { sentence } from './words.ts';

/** What a rule says; the rest of a notice is the same for all. */
export type Tale = Pick<
  Notice,
  'severity' | 'summary' | 'whatIsWrong' | 'since' | 'seenFrom' | 'whatLifeboatDid' | 'whatToRunNext'
>;

export interface Rule {
  /** The dedup key without the cluster: `dns/10.0.0.10:53`. */
  readonly key: string;
  /** Opens the incident when it is closed and would stay. */
  readonly opens: boolean;
  /** Keeps it open when it is; weaker than `opens`, so that it does not flap. */
  readonly stays: boolean;
  readonly tell: () => Tale;
}

/** A command of the CLI for this cluster, as a person would type it. */
export function command(cluster: string, words: string): string {
  return `npx lifeboat ${words} --cluster ${cluster}`;
}

/** The reason and the evidence of the API server's verdict, one line each. */
export function evidenceOf(state: ClusterState, reason: string): string {
  return [sentence(reason), ...(state.verdicts[apiServerKey]?.evidence ?? [])].join('\n');
}
