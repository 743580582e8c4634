// The faults of a control plane, watched by the Worker in real workerd, which pages PagerDuty beside the webhook.

import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import type { WorkerProcess } from '../../../lab/processes/worker-process.ts';
import { clusterId } from '../../../lab/scenario/deployment.ts';
import { describeFaults, type StatusDocument } from '../story/faults.ts';
import { ask, createApiToken, startWorkerWatch } from './worker.ts';

const { token, extra } = createApiToken();

describeFaults(
  {
    platform: 'worker',
    extra,
    start: startWorkerWatch,
    async status(_, watch) {
      const { body } = await ask(watch as WorkerProcess, token, `/v1/clusters/${clusterId}`);
      return body as unknown as StatusDocument;
    },
  },
  await ensureParts(),
  await ensureDnsServers(),
);
