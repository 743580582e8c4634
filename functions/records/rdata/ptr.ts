// PTR record data: the name that an address has. RFC 1035 section 3.3.12.
import { singleName } from './single-name.ts';

export const ptr = singleName('PTR');
