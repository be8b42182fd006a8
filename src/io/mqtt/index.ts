/**
 * io/mqtt — one outgoing MQTT connection: latest state once a second, no commands.
 *
 * Decides: when to reconnect (the library does). Must never: queue while disconnected (state is
 * latest-wins), throw into the cycle, or subscribe.
 */
import { connect, type MqttClient } from 'mqtt';

export interface UplinkOptions {
  readonly url: string;
  readonly clientId: string;
  readonly onChange?: (connected: boolean, why: string) => void;
}

export interface MqttUplink {
  readonly connected: () => boolean;
  /** Drops the message when not connected; never throws. */
  publish(topic: string, payload: string, retain?: boolean): void;
  close(): Promise<void>;
}

const RECONNECT_ms = 2000;
/** Bytes that may wait in the socket before messages are dropped. */
const BACKLOG_MAX_bytes = 256 * 1024;

/** Opens one uplink; it keeps trying until `close`. */
export function openUplink(options: UplinkOptions): MqttUplink {
  let up = false;
  let reported: string | undefined;
  const client: MqttClient = connect(options.url, {
    clientId: options.clientId,
    reconnectPeriod: RECONNECT_ms,
    connectTimeout: 5000,
    keepalive: 10,
    queueQoSZero: false,
    resubscribe: false,
  });
  const change = (connected: boolean, why: string): void => {
    if (connected === up && why === reported) return;
    up = connected;
    reported = why;
    options.onChange?.(connected, why);
  };
  client.on('connect', () => change(true, 'connected'));
  client.on('close', () => change(false, 'connection closed'));
  client.on('offline', () => change(false, 'offline'));
  client.on('error', (error) => change(false, error.message));
  return {
    connected: () => up,
    publish(topic, payload, retain = false) {
      if (!up || backlog(client) > BACKLOG_MAX_bytes) return;
      client.publish(topic, payload, { qos: 0, retain }, () => undefined);
    },
    async close() {
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
