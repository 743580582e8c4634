// The store in an R2 bucket: for documents too large for a database row. Conditional puts make the compare-and-swap. It caches nothing.
// https://developers.cloudflare.com/r2/api/workers/workers-api-reference/
import { withDeadline } from '../lib/deadline.ts';
import type { Clock } from '../lib/deps.ts';
import { LifeboatError, messageOf } from '../lib/errors.ts';
import { createLimiter } from '../lib/limiter.ts';
import { checkKey, checkValue } from './checks.ts';
import type { Store } from './store.ts';

const timeoutMs = 20_000;
const maxPages = 100;
const mostCalls = 2;

/** All calls within 20 s; a fault of the bucket is a LifeboatError `store`. */
export function createR2Store(deps: { readonly clock: Clock }, bucket: R2Bucket): Store {
  // A call cannot be ended, only left alone: those that hang keep their place, so that they never take all of an object's connections.
  const limiter = createLimiter(mostCalls);
  const ask = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await withDeadline(deps.clock, { what, timeoutMs }, async (signal) => {
        const leave = await limiter.enter(signal);
        const call = work();
        void call.then(leave, leave);
        return call;
      });
    } catch (error) {
      if (error instanceof LifeboatError && error.code !== 'timeout') throw error;
      throw new LifeboatError('store', `${what}: ${messageOf(error)}`, { cause: error });
    }
  };
  return {
    async read(key) {
      checkKey(key);
      return ask(`reading ${key} from R2`, async () => {
        const object = await bucket.get(key);
        return object === null ? undefined : { value: await object.text(), version: versionOf(object) };
      });
    },
    async write(key, value, expectedVersion) {
      checkKey(key);
      checkValue(key, value);
      return ask(`writing ${key} to R2`, async () => {
        const before = expectedVersion === 0 ? null : await bucket.head(key);
        if (expectedVersion !== 0 && (before === null || versionOf(before) !== expectedVersion))
          return { status: 'conflict' };
        // `*` matches whatever is there: written only when nothing is (RFC 9110 section 13.1.2).
        const onlyIf = before === null ? { etagDoesNotMatch: '*' } : { etagMatches: before.etag };
        const put = await bucket.put(key, value, { onlyIf, customMetadata: { version: String(expectedVersion + 1) } });
        return { status: put === null ? 'conflict' : 'written' };
      });
    },
    async list(prefix) {
      return ask(`listing ${prefix} in R2`, async () => {
        const keys: string[] = [];
        let cursor: string | undefined;
        for (let page = 0; page < maxPages; page++) {
          const listed: R2Objects = await bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
          keys.push(...listed.objects.map((object) => object.key));
          if (!listed.truncated) return keys.sort();
          cursor = listed.cursor;
        }
        throw new LifeboatError('store', `more than ${maxPages} pages of keys begin with ${prefix} in R2`);
      });
    },
    async remove(key) {
      checkKey(key);
      await ask(`removing ${key} from R2`, () => bucket.delete(key));
    },
  };
}

function versionOf({ key, customMetadata }: R2Object): number {
  const version = Number(customMetadata?.version);
  if (Number.isSafeInteger(version) && version > 0) return version;
  throw new LifeboatError('store', `${key} in R2 was not written by Lifeboat: it has no version`);
}
