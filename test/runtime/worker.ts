// The Worker in which the workerd tests run. Its requests share one network, as those of the product may: the tests ask it from outside. And
// an object whose storage they use.
import { connect } from 'cloudflare:sockets';
import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers';
import { startTlsInstance } from '../../functions/networks/tls/workers.ts';
import { createWorkersNetwork } from '../../functions/networks/workers.ts';

interface Asked {
  readonly port: number;
  readonly ca: string;
  readonly line: string;
  /** Between the handshake and the question. */
  readonly waitMs: number;
}

const network = createWorkersNetwork({ startTlsInstance });

/** One question over TLS. */
async function ask({ port, ca, line, waitMs }: Asked): Promise<string> {
  const signal = AbortSignal.timeout(5_000);
  const plain = await network.connect({ host: '127.0.0.1', port }, signal);
  const connection = await network.startTls(plain, { serverName: '127.0.0.1', ca }, signal);
  try {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    await connection.write(new TextEncoder().encode(line));
    return new TextDecoder().decode(await connection.read());
  } finally {
    connection.close();
  }
}

export { ClusterObject, PagerObject, SessionObject, VantageObject } from '../../functions/entry/worker/main.ts';

export class StorageObject extends DurableObject {}

/** Stands in for a VPC network: a private address, dialled through a binding, leads to this machine. */
export class Tunnel extends WorkerEntrypoint {
  override async connect(socket: Socket): Promise<void> {
    const { localAddress = '' } = await socket.opened;
    const port = Number(localAddress.split(':').at(-1));
    const near = connect({ hostname: '127.0.0.1', port });
    await Promise.allSettled([socket.readable.pipeTo(near.writable), near.readable.pipeTo(socket.writable)]);
  }
}

async function answer(request: Request): Promise<Response> {
  if (request.method !== 'POST') return new Response('test worker');
  try {
    return new Response(await ask(await request.json()));
  } catch (error) {
    return new Response(String(error), { status: 500 });
  }
}

/** Asks as well: an object has I/O of its own, and may live in the isolate of the Worker. */
export class Asker extends DurableObject {
  override fetch(request: Request): Promise<Response> {
    return answer(request);
  }
}

export default { fetch: answer };
