// The configuration of TSIG keys, which updates and transfers are signed with. Checks only.
import { parsePlainName } from '../records/name.ts';
import { type About, choice, readAs, section } from './field.ts';
import { secretRef } from './secret.ts';

/** A TSIG key (RFC 8945): its name, algorithm and secret by name. */
export function tsigSchema(about: About) {
  return section(about, {
    name: readAs('the name of a key, like lifeboat.', parsePlainName, {
      what: "The key's name, the same on both sides",
    }),
    algorithm: choice(['hmac-sha256'], {
      what: 'The algorithm',
      why: 'The one that every server must have.',
      see: 'RFC 8945 section 6',
    }).default('hmac-sha256'),
    secret: secretRef({ what: "The key's value in Base64, as a secret by name" }),
  });
}
