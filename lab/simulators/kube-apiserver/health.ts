// Health at /livez, /readyz and /healthz: a few checks and their lines, in the words of the real server. No check lists or changes anything: it
// stays quick and green while ordinary requests starve, which is what a watchdog must see through.
// The real thing: k8s.io/apiserver pkg/server/healthz.
import type { ServerResponse } from 'node:http';
import type { PathRequest } from './request-info.ts';
import { sendText } from './response.ts';
import type { Store } from './store.ts';

interface Check {
  readonly name: string;
  /** Of /readyz only. */
  readonly isReadiness?: boolean;
  /** Why it fails. */
  problem(): string | undefined;
}

export interface Health {
  /** False when the path is none of health. */
  answer(request: PathRequest, response: ServerResponse): boolean;
}

const roots: readonly string[] = ['livez', 'readyz', 'healthz'];
const plainText = 'text/plain; charset=utf-8';

export function createHealth(store: Store): Health {
  const checks: readonly Check[] = [
    { name: 'ping', problem: () => undefined },
    // The name that tools look for; here it is the journal that stands in for etcd.
    { name: 'etcd', problem: () => store.fault },
    { name: 'etcd-readiness', isReadiness: true, problem: () => store.fault },
    {
      name: 'poststarthook/start-system-namespaces-controller',
      problem: () => (store.get('namespaces', '', 'default') === undefined ? 'no namespace default' : undefined),
    },
  ];

  return {
    answer({ path, query }, response) {
      const [root = '', ...rest] = path.slice(1).split('/');
      if (!roots.includes(root)) return false;
      const own = checks.filter(({ isReadiness }) => root === 'readyz' || isReadiness !== true);
      const single = rest.join('/');
      if (single === '') return answerAll(root, own, query, response);
      const check = own.find(({ name }) => name === single);
      if (check === undefined) return false;
      const problem = check.problem();
      if (problem === undefined) sendText(response, 200, 'ok', plainText);
      else sendText(response, 500, `internal server error: ${problem}\n`, plainText);
      return true;
    },
  };
}

function answerAll(root: string, checks: readonly Check[], query: URLSearchParams, response: ServerResponse): true {
  const excluded = query.getAll('exclude');
  const results = checks.map(({ name, problem }) => {
    if (excluded.includes(name)) return { line: `[+]${name} excluded: ok`, isGood: true };
    const why = problem();
    if (why !== undefined) console.error(`${root}: ${name} failed: ${why}`);
    // The reason is withheld as the path is open to anybody.
    return {
      line: why === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`,
      isGood: why === undefined,
    };
  });
  const text = results.map(({ line }) => `${line}\n`).join('');
  if (results.some(({ isGood }) => !isGood)) sendText(response, 500, `${text}${root} check failed\n`, plainText);
  else sendText(response, 200, query.has('verbose') ? `${text}${root} check passed\n` : 'ok', plainText);
  return true;
}
