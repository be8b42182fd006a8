/** Process `uplink`: MQTT to the CPO's broker; takes state from `site`, gives nothing back. */
import path from 'node:path';
import { systemClock, systemTimers } from '../../src/io/clock';
import { listenIpc } from '../../src/io/ipc';
import { openUplink } from '../../src/io/mqtt';
import { armSite } from './armSite';
import { type ProcessConfig, socketsIn } from './config';
import { log } from './log';
import { readPairs } from './pairs';
import { RepeatLog } from './repeatLog';

const NAME = 'uplink';
const TOPIC = /^holdfast\/v1\/[a-z0-9-]{1,32}\/(state|alarms)$/;

/** `USER PASSWORD` in the state folder; the site file is signed and shown, and no place for it. */
function brokerLogin(state: string): { username: string; password: string } | undefined {
  const pairs = readPairs(path.join(state, 'broker-login'), (text) => log(NAME, text));
  const [first] = pairs;
  return first === undefined ? undefined : { username: first[0], password: first[1] };
}

/** Runs until the process ends. */
export async function uplinkProcess(config: ProcessConfig): Promise<void> {
  const { site } = armSite(config.siteFile, config.trust);
  const [cpo] = site.uplinks.filter((u) => u.kind === 'cpo');
  if (cpo === undefined) return log(NAME, 'no CPO uplink in the site file');
  const server = await listenIpc({
    path: socketsIn(config.state).siteToUplink,
    onPeer: () => server.send({ kind: 'connected', body: mqtt.connected() }),
    onMessage: (message) => {
      if (message.kind !== 'publish') return;
      const body = message.body;
      if (typeof body !== 'object' || body === null || !('topic' in body)) return;
      const { topic } = body;
      const payload = 'payload' in body ? body.payload : undefined;
      if (typeof topic !== 'string' || !TOPIC.test(topic)) return;
      mqtt.publish(topic, JSON.stringify(payload));
    },
  });
  const parts = { clock: systemClock, timers: systemTimers };
  const links = new RepeatLog({ ...parts, say: (text) => log(NAME, text) });
  const mqtt = openUplink({
    url: cpo.url,
    clientId: `holdfast-${site.id}`,
    login: brokerLogin(config.state),
    onChange: (connected, why) => {
      links.tell('broker', connected ? 'broker connected' : `broker lost: ${why}`);
      server.send({ kind: 'connected', body: connected });
    },
  });
}
