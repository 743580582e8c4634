// The faults of a control plane, watched by one Node process: `lifeboat watch`.
import { expect } from 'vitest';
import { ensureParts } from '../../../lab/binaries/build.ts';
import { ensureDnsServers } from '../../../lab/binaries/dns-servers.ts';
import { runLifeboat, startWatch } from '../../../lab/processes/lifeboat-process.ts';
import { describeFaults, type StatusDocument } from './faults.ts';

describeFaults(
  {
    platform: 'node',
    start: startWatch,
    async status({ deployment }) {
      const { code, documents } = await runLifeboat(deployment, ['status', '--json']);
      expect(code).toBeGreaterThanOrEqual(4);
      return documents[0] as unknown as StatusDocument;
    },
  },
  await ensureParts(),
  await ensureDnsServers(),
);
