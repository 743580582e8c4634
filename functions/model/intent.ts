// Who writes to a standby, for the marker's fence (functions/plan/fence.ts). Decided by the machine or a person, carried out by the publisher.

/**
 * - `publish` the ordinary publication of peace; `knownActivation` is the largest number that Lifeboat's own store knows of, 0 for none
 * - `activate` the last update of an outage and the freeze; `activation` is the number that Lifeboat's own store gave it, from 1
 * - `failback` an operator (or the machine, where the policy says so) ends the outage
 */
export type Intent =
  | { readonly kind: 'publish'; readonly knownActivation: number }
  | { readonly kind: 'activate'; readonly activation: number }
  | { readonly kind: 'failback' };
