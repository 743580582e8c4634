// The configuration of the watch's own dead man's switch. Checks only.
import { milliseconds, section } from '../field.ts';
import { secretRef } from '../secret.ts';

export const heartbeatSchema = section(
  { what: "The watch's own dead man's switch: a POST without a body to a monitor that calls when it stays away" },
  {
    url: secretRef({
      what: 'Where it goes, as a secret by name: an https URL, which lets whoever knows it send in the name of the watch',
      why: 'A watch that has died tells nobody; only the silence of something outside does.',
      see: 'https://healthchecks.io/docs/http_api/',
    }),
    intervalMs: milliseconds(10_000, 3_600_000, 60_000, {
      what: 'From one to the next; the monitor should wait for about three of them',
    }),
    timeoutMs: milliseconds(100, 60_000, 5000, { what: 'Deadline of one' }),
  },
);
