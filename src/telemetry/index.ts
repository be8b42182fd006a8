/**
 * telemetry — topics and payloads towards the CPO. Pure.
 *
 * Decides: which topic carries what, in which version. Must never: name a person, a tag or a
 * secret; hold a value without its unit in the key.
 */
export const TELEMETRY_VERSION = 1;

/** Topic of one kind of message of one site: `holdfast/v1/<site>/<kind>`. Pure. */
export const topicOf = (site: string, kind: 'state' | 'alarms'): string =>
  `holdfast/v${TELEMETRY_VERSION}/${site}/${kind}`;

/** What goes up once a second. */
export interface StatePayload {
  readonly version: typeof TELEMETRY_VERSION;
  readonly at: string;
  readonly cycle: number;
  readonly mode: string;
  readonly grid_W: number | null;
  readonly limit_W: number;
  readonly stations: readonly {
    readonly id: string;
    readonly status: string;
    readonly limit_A: number;
    readonly power_W: number | null;
  }[];
  readonly storage: readonly {
    readonly id: string;
    readonly kind: string;
    readonly power_W: number | null;
    readonly soc: number | null;
  }[];
}

export interface AlarmPayload {
  readonly version: typeof TELEMETRY_VERSION;
  readonly at: string;
  readonly active: readonly {
    readonly id: string;
    readonly severity: string;
    readonly subject: string;
    readonly text: string;
  }[];
}
