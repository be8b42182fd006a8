/**
 * io/mqtt — one outgoing MQTT connection: latest state once a second, no commands.
 *
 * Decides: when to reconnect. Must never: queue while disconnected (state is latest-wins), throw
 * into the cycle, or subscribe.
 */
import { connect, type MqttClient } from 'mqtt';
import { Backoff, type BackoffBounds } from '../../time';

export interface UplinkOptions {
  readonly url: string;
  readonly clientId: string;
  readonly login?: { readonly username: string; readonly password: string } | undefined;
  /** Told of every connection and of every attempt that failed; `why` is for the log. */
  readonly onChange?: (connected: boolean, why: string) => void;
  /** Waits between attempts (default 1 to 60 s, spread by chance: many gateways lose one broker). */
  readonly waits?: BackoffBounds;
}

export interface MqttUplink {
  readonly connected: () => boolean;
  /** Drops the message when not connected; never throws. */
  publish(topic: string, payload: string, retain?: boolean): void;
  close(): Promise<void>;
}

/** Attempts lie between half and all of 2 s, 4 s ... 60 s apart, so never closer than 1 s. */
const WAITS = { first_ms: 2000, max_ms: 60_000, jitter: Math.random };
/** Bytes that may wait in the socket before messages are dropped. */
const BACKLOG_MAX_bytes = 256 * 1024;

/** Opens one uplink; it keeps trying until `close`. */
export function openUplink(options: UplinkOptions): MqttUplink {
  const { url, clientId, onChange, waits = WAITS } = options;
  const backoff = new Backoff(waits);
  let up = false;
  let since_ms = 0;
  let error: string | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;
  const client: MqttClient = connect(url, {
    clientId,
    ...options.login,
    // Ours below: the library's has one fixed period, and none after a refused CONNECT.
    reconnectPeriod: 0,
    connectTimeout: 5000,
    keepalive: 10,
    queueQoSZero: false,
    resubscribe: false,
  });
  client.on('connect', () => {
    up = true;
    since_ms = performance.now();
    error = undefined;
    onChange?.(true, 'connected');
  });
  client.on('error', (cause) => (error = cause.message));
  // The last event of every connection and of every attempt, also of one that failed.
  client.on('close', () => {
    if (closed) return;
    // A broker that takes everybody and drops them at once is not back yet.
    if (up && performance.now() - since_ms >= waits.max_ms) backoff.reset();
    up = false;
    onChange?.(false, error ?? 'connection closed');
    error = undefined;
    clearTimeout(retry);
    retry = setTimeout(() => client.reconnect(), backoff.next_ms());
  });
  return {
    connected: () => up,
    publish(topic, payload, retain = false) {
      if (!up || backlog(client) > BACKLOG_MAX_bytes) return;
      client.publish(topic, payload, { qos: 0, retain }, () => undefined);
    },
    async close() {
      closed = true;
      up = false;
      clearTimeout(retry);
      // mqtt 5.16 throws from end() while it never connected; the forced form is safe afterwards.
      await new Promise<void>((resolve) => {
        try {
          client.end(true, {}, () => resolve());
        } catch {
          resolve();
        }
      });
    },
  };
}

function backlog(client: MqttClient): number {
  const { stream } = client;
  return stream.writableLength;
}
