// The cases of test/conformance/channel.ts on every channel; in workerd as well (test/runtime/alerts.workerd.test.ts).
import { describeChannel } from '../../../conformance/channel.ts';
import { createBoard } from '../../../toys/board-channel/board.ts';
import { pagerdutyOf, webhookOf } from './make.ts';

const hookKey = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const routingKey = 'R0F1R2S3T4U5V6W7X8Y9Z0A1B2C3D4E5';
const address = 'https://pager.example/path-secret?token=query-secret';

describeChannel({
  name: 'webhook',
  accepted: 200,
  create: (deps, timeoutMs) => webhookOf(deps, { url: address, secret: `whsec_${hookKey}`, timeoutMs }),
  secrets: [hookKey, 'path-secret', 'query-secret'],
});

describeChannel({
  name: 'webhook whose address is a secret',
  accepted: 200,
  create: (deps, timeoutMs) =>
    webhookOf(deps, { url: `${address}\n`, secret: `whsec_${hookKey}`, timeoutMs, isUrlSecret: true }),
  secrets: [hookKey, 'pager.example', 'path-secret', 'query-secret'],
});

describeChannel({
  name: 'pagerduty',
  accepted: 202,
  create: (deps, timeoutMs) => pagerdutyOf(deps, { url: address, routingKey, timeoutMs }),
  secrets: [routingKey],
});

// From outside the tree: it keeps a memory and its receiver reminds, which no channel of the tree does yet.
describeChannel({
  name: 'toy board',
  accepted: 200,
  answer: '{"id":"thread-1"}',
  create: (deps, timeoutMs) =>
    createBoard(
      { ...deps, secrets: () => address },
      { kind: 'board', id: 'oncall', url: { secret: 'BOARD_URL' }, timeoutMs },
    ),
  secrets: ['pager.example', 'path-secret', 'query-secret'],
});
