// A kubeconfig: where the API server is, how it is verified, who asks. JSON only, which is YAML too; real CoreDNS reads any YAML.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export interface ApiAccess {
  /** `https://host:port` */
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

const document = z.object({
  'current-context': z.string().optional(),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({
        server: z.url({ protocol: /^https$/ }),
        'certificate-authority': z.string().optional(),
        'certificate-authority-data': z.string().optional(),
      }),
    }),
  ),
  users: z.array(z.object({ name: z.string(), user: z.object({ token: z.string() }) })),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) })),
});

/** Throws with the file and what is wrong in it; never with what is in it. */
export function readKubeconfig(file: string, contextName?: string): ApiAccess {
  const parsed = document.safeParse(parseJson(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(
      `${file}: ${issue?.path.join('.')}: ${issue?.message}; needed are an https server and a user with a token`,
    );
  }
  const { data } = parsed;
  const name = contextName ?? data['current-context'];
  const context = data.contexts.find((each) => each.name === name)?.context;
  const cluster = data.clusters.find((each) => each.name === context?.cluster)?.cluster;
  const user = data.users.find((each) => each.name === context?.user)?.user;
  if (cluster === undefined || user === undefined)
    throw new Error(`${file}: context "${name}" with its cluster and user is not there`);
  return { server: cluster.server.replace(/\/$/, ''), ca: readAuthority(file, cluster), token: user.token };
}

function readAuthority(
  file: string,
  cluster: {
    readonly 'certificate-authority'?: string | undefined;
    readonly 'certificate-authority-data'?: string | undefined;
  },
): string {
  const inline = cluster['certificate-authority-data'];
  if (inline !== undefined) return Buffer.from(inline, 'base64').toString('utf8');
  const path = cluster['certificate-authority'];
  if (path === undefined) throw new Error(`${file}: the cluster has no certificate-authority`);
  return readFileSync(path, 'utf8');
}

function parseJson(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${file}: not JSON; a kubeconfig in YAML is not supported here`);
  }
}
