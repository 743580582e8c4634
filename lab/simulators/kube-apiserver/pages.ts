// Lists in pages: the rest of a list that was cut stays as it was until it is fetched, so that all pages together are one consistent list.
// The real server reads the old revision from etcd for five minutes; here the rests are kept, and they are few.

import type { Stored } from './objects.ts';
import { badRequest, expired } from './status.ts';

export interface Page {
  /** Of the whole list. */
  readonly revision: number;
  readonly rest: readonly Stored[];
}

export interface Pages {
  /** A token for a rest. */
  keep(page: Page): string;
  /** Throws for a token that is no such, and for one whose rest is gone. */
  fetch(token: string): Page;
}

export function createPages(limit: number): Pages {
  const kept = new Map<number, Page>();
  let last = 0;
  return {
    keep(page) {
      kept.set(++last, page);
      kept.delete(last - limit);
      return Buffer.from(`${startedAt}/${last}`).toString('base64url');
    },
    fetch(token) {
      const match = /^(\d+)\/(\d+)$/.exec(Buffer.from(token, 'base64url').toString('latin1'));
      if (match === null) throw badRequest('continue key is not valid');
      const page = Number(match[1]) === startedAt ? kept.get(Number(match[2])) : undefined;
      if (page === undefined) {
        throw expired(
          'The provided continue parameter is too old to display a consistent list result; list again from the start.',
        );
      }
      return page;
    },
  };
}

/** Tokens of another process mean nothing here. */
const startedAt = Date.now();
