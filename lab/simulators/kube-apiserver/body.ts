// The body of a request: read up to a limit, and turned into an object of a kind. What is wrong with the object's content is judged elsewhere.
import type { IncomingMessage } from 'node:http';
import { apiVersionOf, type Kind } from './kinds/kind.ts';
import type { KubeObject } from './objects.ts';
import { badRequest, bodyTooLarge, unsupportedMediaType } from './status.ts';

/** k8s.io/apiserver pkg/server/config.go MaxRequestBodyBytes. */
const maxBodyBytes = 3 * 1024 * 1024;

/** The text of the body; rejects when it is too long, of another type, or the signal aborts before its end. */
export function readBody(request: IncomingMessage, accepted: string, signal: AbortSignal): Promise<string> {
  const type = (request.headers['content-type'] ?? accepted).split(';')[0]?.trim().toLowerCase();
  if (type !== accepted) throw unsupportedMediaType(String(type), accepted);
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
      // The rest is not waited for: the answer closes the connection.
      else reject(bodyTooLarge(maxBodyBytes));
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('error', reject);
  });
}

export function parseObject(text: string, kind: Kind): KubeObject {
  try {
    // A member that is null counts as absent, as in Go's decoder.
    return shaped(
      JSON.parse(text, (_, value) => value ?? undefined),
      kind,
    );
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const what = `the object provided is unrecognized (must be of type ${kind.kind})`;
    throw badRequest(`${what}: couldn't get version/kind; json parse error: ${error.message}`);
  }
}

/** A value as an object of the kind, a copy of its own. */
export function shaped(value: unknown, kind: Kind): KubeObject {
  const parsed = kind.shape.safeParse(value);
  const given = value as { readonly kind?: unknown; readonly apiVersion?: unknown } | undefined;
  const version = apiVersionOf(kind);
  const isOther = (given?.kind ?? kind.kind) !== kind.kind || (given?.apiVersion ?? version) !== version;
  const what = `${given?.kind ?? kind.kind} in version "${given?.apiVersion ?? version}" cannot be handled as a ${kind.kind}`;
  if (isOther) throw badRequest(what);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw badRequest(`${what}: ${problems.slice(0, 10).join('; ')}`);
}
