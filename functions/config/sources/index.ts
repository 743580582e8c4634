// The one list of the kinds of source that a configuration can name. Whoever makes the sources is functions/entry/wire-cluster.ts.
import type { SourceTerms } from '../../model/source.ts';
import { axfrTerms } from './axfr.ts';

export const sourceKinds = ['axfr'] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** The terms of a cluster's sources, in the order of preference. */
export function sourcesOf(
  snapshot: Parameters<typeof axfrTerms>[0],
): readonly (SourceTerms & { readonly id: SourceKind })[] {
  return [{ ...axfrTerms(snapshot), id: 'axfr' }];
}
