/** A JSON object as it came off the wire: nothing about its members is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * One OCPP-J message (OCPP-J 1.6, section 4; OCPP 2.0.1 part 4, section 4). `raw` is the text it
 * was parsed from; a relay sends `raw` so that not one byte of a foreign message changes.
 */
export type Frame = CallFrame | ResultFrame | ErrorFrame;

export interface CallFrame {
  readonly type: 'call';
  readonly id: string;
  readonly action: string;
  readonly payload: JsonObject;
  readonly raw?: string;
}

export interface ResultFrame {
  readonly type: 'result';
  readonly id: string;
  readonly payload: JsonObject;
  readonly raw?: string;
}

export interface ErrorFrame {
  readonly type: 'error';
  readonly id: string;
  readonly code: string;
  readonly description: string;
  readonly raw?: string;
}
