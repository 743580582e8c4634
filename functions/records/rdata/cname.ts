// CNAME record data: the name that this one is an alias of. RFC 1035 section 3.3.1.
import { singleName } from './single-name.ts';

export const cname = singleName('CNAME');
