import { afterEach, describe, expect, it } from 'vitest';
import { createNodeNetwork } from '../../functions/networks/node.ts';
import { askCorednsVersion } from '../../probes/coredns-version.ts';
import { type ByteServer, startByteServer } from '../fakes/byte-server.ts';
import { realClock as clock } from '../fakes/real-deps.ts';

const deps = { network: createNodeNetwork(), clock };
const page = (body: string, status = '200 OK') =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
const metrics = `# HELP coredns_build_info A metric with a constant '1' value.
coredns_build_info{goversion="go1.26.8",revision="",version="1.15.0"} 1
`;

describe('askCorednsVersion', () => {
  let server: ByteServer | undefined;
  afterEach(() => server?.close());

  const ask = async (answer: string | undefined) => {
    server = await startByteServer((socket) => {
      if (answer !== undefined) socket.end(answer);
    });
    return askCorednsVersion(deps, server.endpoint, 200);
  };

  it('reads it from the metrics page', async () => {
    expect(await ask(page(metrics))).toMatchObject({ status: 'known', version: '1.15.0' });
  });

  it.each([
    ['another page', page('hello 1\n')],
    ['404', page(metrics, '404 Not Found')],
    ['no HTTP', 'hello'],
    ['silence', undefined],
  ])('says unknown for %s', async (_, answer) => {
    expect(await ask(answer)).toMatchObject({ status: 'unknown', evidence: expect.stringMatching(/127\.0\.0\.1/) });
  });
});
