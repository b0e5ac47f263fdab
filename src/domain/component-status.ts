/**
 * How the parts of a venue are. Parts are those of VenueComponent, and in a cluster its other nodes. What a state means is in
 * docs/status.md.
 */
export const ComponentState = { Operational: 1, Degraded: 2, Outage: 3 } as const;
export type ComponentState = (typeof ComponentState)[keyof typeof ComponentState];

/** One part as a node sees it now. */
export interface ComponentStatus {
  /** Of VenueComponent as configuration writes it ("order-entry"), or "node-" and a number. */
  readonly name: string;
  readonly state: ComponentState;
  /** Why it is not operational; empty when it is. For people. */
  readonly reason: string;
}

/** Longest that uptime is kept and shown, in days, the present one included. */
export const UPTIME_DAYS = 90;
/** How often a node looks how its parts are and records it. */
export const MEASURE_SECONDS = 10;
