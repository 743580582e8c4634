// What vantages inside the networks send: signed observations, and snapshots that were asked for. The signature is the control port's to check; here
// the sender's token is, and that nothing is too large.
import type { ReportAnswer, ReportRefusal } from '../tasks/control/control-port.ts';
import { readText } from './body.ts';
import type { ApiDeps } from './context.ts';
import { problem } from './problem.ts';
import { type ApiContext, type Route, unknownCluster } from './routes.ts';

export const maxObservationBytes = 1_048_576;
/** A remote call takes 32 MiB, with all that is around the body. */
export const maxSnapshotBytes = 31 * 1_048_576;
const maxHeaderCharacters = 32_768;
const maxPathCharacters = 1024;
const retryAfterSeconds = 10;

/** For this house only: the control port has no use for them. */
const secretHeaders = new Set(['authorization', 'cookie']);

export function reportRoutes(deps: ApiDeps): readonly Route[] {
  const send = { scope: 'vantage', bearerOnly: true } as const;
  return [
    { ...send, method: 'POST', path: '/v1/observations', handle: (c) => report(deps, c, maxObservationBytes) },
    {
      ...send,
      method: 'PUT',
      path: '/v1/snapshots/:number',
      handle: async (c) => {
        const number = c.req.param('number') ?? '';
        if (/^[1-9]\d{0,11}$/.test(number)) return report(deps, c, maxSnapshotBytes);
        return problem('malformed', {
          detail: 'the path ends in no number',
          field: 'number',
          got: number,
          want: 'a whole number',
        });
      },
    },
  ];
}

async function report(deps: ApiDeps, c: ApiContext, maxBytes: number): Promise<Response> {
  const id = c.req.header('Lifeboat-Cluster');
  if (id === undefined)
    return problem('malformed', {
      detail: 'the request names no cluster',
      field: 'Lifeboat-Cluster',
      want: "a cluster's id",
    });
  const control = deps.controls.get(id);
  if (control === undefined) return unknownCluster(id);
  const { pathname, search } = new URL(c.req.url);
  const headers = [...c.req.raw.headers].filter(([name]) => !secretHeaders.has(name));
  const size = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size > maxHeaderCharacters || pathname.length + search.length > maxPathCharacters)
    return problem('malformed', {
      detail: `more than ${maxHeaderCharacters} characters of headers or ${maxPathCharacters} of path`,
    });
  const body = await readText(c, maxBytes);
  if (body.status === 'problem') return body.response;
  if (isTooLargeToCarry(body.value, maxBytes))
    return problem('too-large', {
      detail: `the body takes more than ${maxBytes} bytes, with 2 for each character: send ASCII`,
    });
  const request = {
    method: c.req.method,
    path: `${pathname}${search}`,
    headers: Object.fromEntries(headers),
    body: body.value,
  };
  return responseTo(await control.report(request));
}

/** A remote call carries a text beyond Latin-1 in two bytes a character. */
function isTooLargeToCarry(text: string, maxBytes: number): boolean {
  return text.length * 2 > maxBytes && /[\u0100-\uffff]/.test(text);
}

function responseTo(answer: ReportAnswer): Response {
  if (answer.status === 'taken') {
    const { wants, dropped } = answer;
    return Response.json({ wants, ...(dropped === undefined ? {} : { dropped }) });
  }
  const refusal: ReportRefusal = answer.refusal;
  return problem(`report-${refusal}`, { detail: answer.reason, headers: headersFor(refusal) });
}

function headersFor(refusal: ReportRefusal): Readonly<Record<string, string>> {
  if (refusal === 'flooding') return { 'Retry-After': String(retryAfterSeconds) };
  // A 401 has to say what would do (RFC 9110 section 15.5.2); the token did.
  return refusal === 'bad-signature' || refusal === 'clock-skew' ? { 'WWW-Authenticate': 'Signature' } : {};
}
