// The Worker in which the workerd tests run: an object whose storage they use.
import { DurableObject } from 'cloudflare:workers';

export class StorageObject extends DurableObject {}

export default { fetch: () => new Response('test worker') };
