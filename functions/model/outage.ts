// Words of an outage that several pure layers share. One list each, from which types and schemas are made.

/** `control-plane` the API is not healthy; `dns` all CoreDNS replicas are bad while it is; `operator` a person failed over. */
export const causes = ['control-plane', 'dns', 'operator'] as const;
export type Cause = (typeof causes)[number];

/** The last capture of an activation: under way, made, or not to be had. `none`: this cause has none. */
export const finals = ['pending', 'captured', 'refused', 'none'] as const;

/** Who ends an outage of the control plane. */
export const failbacks = ['manual', 'automatic'] as const;

/**
 * - `failover` opens an activation, from any phase, whatever is known of the API; in `active` a newer one, which may write to the frozen zones
 * - `failback` ends it: a fresh capture, published to every standby, which thaws it; refused while the machine sees an outage, and without
 *   `force` until what it failed over for is known to be over
 * - `hold` stops every automatic transition, capture and write until `release`, or for the time that it says; probes and pages go on
 */
export const operatorCommands = ['failover', 'failback', 'hold', 'release'] as const;
export type OperatorCommand = (typeof operatorCommands)[number];
