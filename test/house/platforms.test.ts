// No platform is named where any could stand: its words belong to functions/deployment/ and functions/entry/, and to texts for people where they
// must be told which platform is meant.
import { describe, expect, it } from 'vitest';
import { codeOf, placesOf, productSources, read } from './sources.ts';

/** Folders that know no platform. */
const anywhere =
  /^(probes|functions\/(lib|model|records|config|dnswire|snapshot|plan|decision|alerts|vantage|wiring|providers|tasks|api|cli))\//;
/** The command about a deployment. */
const deploys = 'functions/cli/commands/deploy.ts';

/** In code: names of things, of fields, of types. `networkError` is none of them. */
const identifiers =
  /\b(\w*(Worker|Wrangler|Cloudflare|DurableObject|Lambda|DynamoDb|R2|Miniflare)\w*|(worker|wrangler|cloudflare|workerd|lambda|dynamo|durableObject|miniflare)([A-Z_]\w*)?)\b/;
/** In texts that something reads: headers and bindings of one platform. */
const keys = /['"\x60](CF-[A-Za-z-]+|cf-[a-z-]+|X-Amz[A-Za-z-]*|x-amz[a-z-]*|cloudflare:\w+|aws-lambda\S*)['"\x60]/;

const sources = productSources.filter((file) => anywhere.test(file) && file !== deploys);

describe('where any platform could stand', () => {
  it('there are sources', () => expect(sources.length).toBeGreaterThan(200));

  it('no platform is in the names', () => {
    expect(sources.flatMap((file) => placesOf(file, codeOf(file), identifiers))).toEqual([]);
  });

  it('no platform is in the keys', () => {
    expect(sources.flatMap((file) => placesOf(file, read(file), keys))).toEqual([]);
  });
});

describe('the patterns', () => {
  it.each([
    [identifiers, 'export interface WranglerRun {'],
    [identifiers, 'const workerRecords = 1;'],
    [identifiers, "platform === 'node' ? worker : node"],
    [identifiers, 'createDurableObjectStore(storage)'],
    [keys, "c.req.header('CF-Connecting-IP')"],
    [keys, "import { connect } from 'cloudflare:sockets';"],
  ])('%s finds %s', (pattern, code) => expect(code).toMatch(pattern));

  it.each([
    [identifiers, "throw networkError('closed', words);"],
    [identifiers, 'coworkers.find(one)'],
    [keys, "'the Worker at https://lifeboat.example'"],
  ])('%s leaves %s', (pattern, code) => expect(code).not.toMatch(pattern));
});
