// The cases of test/conformance/channel.ts on every channel; in workerd as well (test/runtime/alerts.workerd.test.ts).
import { createPagerDuty } from '../../../../functions/alerts/channels/pagerduty.ts';
import { createWebhook } from '../../../../functions/alerts/channels/webhook.ts';
import { describeChannel } from '../../../conformance/channel.ts';

const hookKey = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const routingKey = 'R0F1R2S3T4U5V6W7X8Y9Z0A1B2C3D4E5';
const address = 'https://pager.example/path-secret?token=query-secret';

describeChannel({
  name: 'webhook',
  accepted: 200,
  create: (deps, timeoutMs) =>
    createWebhook(deps, { id: 'oncall', url: address, secret: `whsec_${hookKey}`, timeoutMs }),
  secrets: [hookKey, 'path-secret', 'query-secret'],
});

describeChannel({
  name: 'pagerduty',
  accepted: 202,
  create: (deps, timeoutMs) => createPagerDuty(deps, { id: 'oncall', url: address, routingKey, timeoutMs }),
  secrets: [routingKey],
});
