/**
 * How a bus tool comes to its line: through the gateway where one runs and the port is its own,
 * directly everywhere else. A port of a running gateway is never opened a second time.
 */
import { systemClock, systemTimers } from '../../src/io/clock';
import { createPduCodec } from '../../src/io/modbusSerial';
import { SerialFramePort } from '../../src/io/serial';
import { type GatewayBus, openGateway } from './busGateway';
import { listen, type LineSettings } from './busListen';
import { opened, openSession, type BusSession } from './busSession';

/** What cannot be done, said to the user; exit 2. */
export class Refused extends Error {}

export type Setting = Omit<LineSettings, 'path'>;

export interface Heard {
  readonly bytes: Uint8Array;
  readonly at_ms: number;
  /** Silence before the first byte, ms, where it is known better than from `at_ms`. */
  readonly gap_ms?: number;
}

/** One line, in the settings that were asked for. */
export interface Access {
  readonly throughGateway: boolean;
  /** The settings to work at, one after the other. */
  readonly settings: readonly Setting[];
  with<T>(setting: Setting, use: (session: BusSession) => Promise<T>): Promise<T>;
  /** Everything on the line for `seconds`; resolves to the number of frames that were lost. */
  listen(setting: Setting, seconds: number, onBytes: (heard: Heard) => void): Promise<number>;
  close(): void;
}

export interface AccessWish {
  readonly what: string;
  readonly socket: string;
  readonly port?: string;
  readonly bus?: string;
  /** The settings to work at, given the line's own where a gateway knows them. */
  readonly settings: (own: Setting | undefined) => readonly Setting[];
  readonly tell: (text: string) => void;
}

/** Throws Refused with a sentence where the line cannot be had. */
export async function openAccess(wish: AccessWish): Promise<Access> {
  const { socket, port, bus, what, tell } = wish;
  const body = { what, ...(port === undefined ? {} : { port }), ...(bus && { bus }) };
  const opening = await openGateway(socket, body, (phase, text) => {
    if (phase !== 'visiting') tell(`gateway: ${phase}: ${text}`);
  });
  if (opening.kind === 'refused') throw new Refused(`the gateway that runs here: ${opening.text}`);
  if (opening.kind === 'open') return throughGateway(opening.gateway, wish);
  if (bus !== undefined)
    throw new Refused(`--bus ${bus} needs a running gateway; give the port: --port PATH`);
  if (port === undefined)
    throw new Refused('which line? --bus ID of a running gateway, or --port PATH');
  return directly(port, wish);
}

function directly(path: string, wish: AccessWish): Access {
  return {
    throughGateway: false,
    settings: wish.settings(undefined),
    with: (setting, use) => withSession({ path, ...setting }, use),
    listen: async (setting, seconds, onBytes) => {
      const now_ms = (): number => systemClock.now();
      try {
        await listen({ path, ...setting }, now_ms, now_ms() + seconds * 1000, (bytes, at_ms) =>
          onBytes({ bytes, at_ms }),
        );
      } catch (error) {
        throw new Refused(error instanceof Error ? error.message : 'the port cannot be heard');
      }
      return 0;
    },
    close: () => undefined,
  };
}

function throughGateway(gateway: GatewayBus, wish: AccessWish): Access {
  const own = ownOf(gateway);
  const settings = wish.settings(own);
  const isOwn = (s: Setting): boolean => s.baud === own?.baud && s.parity === own.parity;
  wish.tell(`through the gateway: bus ${gateway.key ?? ''}`);
  let now = own;
  return {
    throughGateway: true,
    settings,
    with: async (setting, use) => {
      if (own !== undefined && !(setting.baud === now?.baud && setting.parity === now.parity)) {
        const no = await gateway.set(setting);
        if (no !== undefined) throw new Refused(`the gateway refuses ${said(setting)}: ${no}`);
        now = setting;
      }
      return use(gateway);
    },
    listen: async (setting, seconds, onBytes) => {
      if (own !== undefined && !isOwn(setting))
        throw new Refused(`the gateway's line is at ${said(own)}; sniff hears it only there`);
      let lost = 0;
      let last_ms: number | undefined;
      gateway.sniff((frames, dropped) => {
        lost += dropped;
        for (const { bytes, start_ms, end_ms } of frames) {
          const gap = last_ms === undefined ? {} : { gap_ms: start_ms - last_ms };
          last_ms = end_ms;
          onBytes({ bytes, at_ms: end_ms, ...gap });
        }
      });
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      return lost;
    },
    close: () => gateway.close(),
  };
}

const said = (s: Setting): string => `${s.baud} baud, parity ${s.parity}`;

function ownOf({ own }: GatewayBus): Setting | undefined {
  const parity = (['none', 'even', 'odd'] as const).find((p) => p === own?.parity);
  return own === undefined || parity === undefined ? undefined : { baud: own.baud, parity };
}

async function withSession<T>(
  line: LineSettings,
  use: (session: BusSession) => Promise<T>,
): Promise<T> {
  const { path, baud, parity } = line;
  let problem = 'the port did not open';
  const parts = {
    port: new SerialFramePort({
      path,
      baudRate: baud,
      parity,
      clock: systemClock,
      timers: systemTimers,
      onProblem: (error) => (problem = error.message),
    }),
    codec: createPduCodec(),
    clock: systemClock,
    timers: systemTimers,
  };
  const session = openSession(parts);
  try {
    if (!(await opened(session, parts))) throw new Refused(problem);
    return await use(session);
  } finally {
    session.close();
  }
}
