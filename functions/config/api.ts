// The configuration of the API and the page of the Worker: who may read and who may act. Checks only.
import { choice, list, readAs, section, text } from './field.ts';

/** What a token allows; each is given by itself, none includes another. */
export const scopes = ['view', 'operate', 'vantage'] as const;
export type Scope = (typeof scopes)[number];

function readOrigin(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'https:' || url.origin !== value.replace(/\/$/, ''))
    throw new Error('scheme and host only, like https://lifeboat.example.workers.dev');
  return url.origin;
}

const token = section(
  { what: 'A bearer token, stored as its hash' },
  {
    id: text('1 to 40 of a-z, 0-9 and -', /^[a-z0-9-]{1,40}$/, { what: 'Its name in the history and in the page' }),
    scopes: list(
      choice(scopes, {
        what: '`view` reads, `operate` fails over and back, `vantage` delivers observations',
      }),
      'scopes',
      1,
      3,
      { what: 'What it allows: `view` to read, `operate` to act, `vantage` to deliver observations and snapshots' },
    ),
    sha256: text('64 lower-case hexadecimal digits', /^[0-9a-f]{64}$/, {
      what: 'SHA-256 of the token, as `lifeboat token` printed it',
      why: 'The token has 256 random bits, so that its hash gives nothing away, and the configuration holds no secret.',
    }),
  },
);

export const apiSchema = section(
  { what: "The Worker's API and page" },
  {
    url: readAs('an https origin', readOrigin, {
      what: 'Where people reach it: alerts link to it, and --remote is found by it',
    }).exactOptional(),
    tokens: list(token, 'tokens', 0, 50, {
      what: 'Who may use it',
      why: 'Without a token nothing can be read or done from outside; the watch goes on all the same.',
    }).prefault([]),
  },
);
