// What is looked at, and what a person calls it. One list, from which types and schemas are made.
import { assertNever } from '../lib/assert.ts';

export const targetKinds = ['apiserver', 'dns', 'standby', 'reference'] as const;
export type TargetKind = (typeof targetKinds)[number];

/**
 * The API server of a cluster, one CoreDNS replica by its address (`10.0.0.10:53`), one standby zone by its id; a reference is no
 * target of the cluster's, but an address that tells whether the vantage's own network works.
 */
export interface Target {
  readonly kind: TargetKind;
  readonly id: string;
}

export function wordsOfTarget(target: Target): string {
  switch (target.kind) {
    case 'apiserver':
      return 'the API server';
    case 'dns':
      return `CoreDNS ${target.id}`;
    case 'standby':
      return `the standby ${target.id}`;
    case 'reference':
      return `the reference ${target.id}`;
    default:
      return assertNever(target.kind, 'target kind');
  }
}
