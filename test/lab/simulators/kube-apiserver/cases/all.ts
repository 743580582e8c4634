// What a kube-apiserver does, as one list of cases: run on the embedded one in every test run, and on the real one beside it in the cluster
// tests. A case needs nothing but the API, and has a namespace of its own: it leaves nothing that another would stumble over.
import type { ApiCase } from './case.ts';
import { lists, watches } from './collections.ts';
import { identities } from './identities.ts';
import { network } from './network.ts';
import { objects } from './objects.ts';

export const apiCases: readonly ApiCase[] = [...identities, ...objects, ...network, ...lists, ...watches];
