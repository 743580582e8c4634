// What does not arrive is shown with what matters first, however much waits.
import { expect, it } from 'vitest';
import { enqueue } from '../../../../functions/alerts/enqueue.ts';
import { emptyOutbox } from '../../../../functions/alerts/outbox.ts';
import { alertLines } from '../../../../functions/cli/render/record-view.ts';
import { fieldsOf } from '../../alerts/sample.ts';

it('shows a critical page that waits before the warnings that came before it', () => {
  const keys = [...Array.from({ length: 9 }, (_, i) => `prod/kind-${i}`), 'prod/outage'];
  const outbox = keys.reduce((box, key) => {
    const severity = key === 'prod/outage' ? 'critical' : 'warning';
    return enqueue(box, 'trigger', fieldsOf(key, { severity }), ['oncall'], 0).outbox;
  }, emptyOutbox);
  expect(alertLines(outbox)[0]).toBe('  alert waits for oncall: summary of prod/outage');
});
