/**
 * Process `supervisor`: feeds the watchdog line on evidence, and nothing else. No network, no disk
 * on
 * the feed path; its only extra right is to end the processes it watches.
 */
import { systemClock, systemTimers } from '../../src/io/clock';
import { listenIpc } from '../../src/io/ipc';
import { KeptFile } from '../../src/io/store';
import {
  decodeCycleRecord,
  decodeHello,
  decodeStationMeters,
  deviceCatalogue,
  siteFacts,
} from '../../src/runtime';
import { Supervisor } from '../../src/supervisor';
import { between, type Instant, later } from '../../src/time';
import { armSite } from './armSite';
import { type ProcessConfig, socketsIn } from './config';
import { readKept } from './kept';
import { LatchMemory } from './latchMemory';
import { log } from './log';
import { RepeatLog } from './repeatLog';
import { lineSpecs, SupervisorLines } from './supervisorLines';
import { WatchedProcess } from './watchedProcess';

const NAME = 'supervisor';
/** `site` refuses a status with a longer text. */
const STATUS_TEXT_MAX = 300;
/** The refusal drill runs hourly. */
const DRILL_ms = 3_600_000;

/** Runs until the process ends. */
export async function supervisorProcess(config: ProcessConfig): Promise<void> {
  const { site, profiles } = armSite(config.siteFile, config.trust);
  const gridProfile = profiles.get(site.gridMeter.id);
  if (gridProfile === undefined) throw new Error('the grid meter has no profile');
  const keptFile = `${config.state}/supervisor.json`;
  const kept = readKept(keptFile);
  const memory = new LatchMemory(
    new KeptFile(keptFile, (why) => log(NAME, `cannot keep the latch: ${why}`)),
  );
  const ids = site.lines.map((l) => l.id);
  const say = (text: string): void => log(NAME, text);
  const host = { clock: systemClock, timers: systemTimers, say };
  const lines = new SupervisorLines(lineSpecs(config.line, ids), host);
  const supervisor = new Supervisor(
    {
      site,
      gridProfile,
      reaction_ms: siteFacts(site, deviceCatalogue).reaction_ms,
      start: config.start,
      kept,
      random: Math.random,
    },
    systemClock.now(),
  );
  const now = systemClock.now();
  // What peers send can be sent a hundred times a second: it must not fill the log.
  const fromPeers = new RepeatLog({ clock: systemClock, timers: systemTimers, say });
  const watch = (name: 'site' | 'stations'): WatchedProcess =>
    new WatchedProcess({ name, say: (text) => fromPeers.tell(name, text) }, now);
  const watched = { site: watch('site'), stations: watch('stations') };
  const sockets = socketsIn(config.state);
  const toSite = await listenIpc({
    path: sockets.siteToSupervisor,
    onMessage: (message) => {
      watched.site.hear(systemClock.now());
      if (message.kind === 'hello') {
        const hello = decodeHello(message.body);
        if (hello?.process === 'site') watched.site.hello(hello);
        return;
      }
      if (message.kind === 'release') return supervisor.release();
      if (message.kind === 'line-drill') {
        const named = typeof message.body === 'string' ? message.body : undefined;
        return supervisor.lineDrill(systemClock.now(), named);
      }
      const record = message.kind === 'record' ? decodeCycleRecord(message.body) : undefined;
      if (record === undefined)
        return fromPeers.tell('messages', `message ${message.kind} refused`);
      const at = systemClock.now();
      const feed = supervisor.record(record, at);
      if (feed.edge) lines.edge(feed.lines, at);
    },
  });
  await listenIpc({
    path: sockets.stationsToSupervisor,
    onMessage: (message) => {
      watched.stations.hear(systemClock.now());
      if (message.kind === 'hello') {
        const hello = decodeHello(message.body);
        if (hello?.process === 'stations') watched.stations.hello(hello);
        return;
      }
      const meters = message.kind === 'meters' ? decodeStationMeters(message.body) : undefined;
      if (meters !== undefined) supervisor.stationMeters(meters);
    },
  });
  let said = '';
  let drilled = now;
  const second = (due: Instant): void => {
    const at = systemClock.now();
    supervisor.tick(at);
    lines.tick(at);
    if (between(drilled, at) >= DRILL_ms) {
      drilled = at;
      log(NAME, supervisor.refusalDrill(at) ? 'refusal drill passed' : 'REFUSAL DRILL FAILED');
    }
    const report = supervisor.report();
    toSite.send({
      kind: 'status',
      body: {
        answers: true,
        ...lines.status(supervisor.leftOut(at), at),
        latched: report.latched,
        text: (lines.problem() ?? report.text).slice(0, STATUS_TEXT_MAX),
        acceptedRecords: report.accepted,
      },
    });
    const text = `line ${report.line}, ${report.text}`;
    if (text !== said) {
      said = text;
      log(NAME, text);
    }
    memory.follow(report);
    for (const w of Object.values(watched)) w.endIfHung(at);
    const next = later(at - due > 2000 ? at : due, 500);
    systemTimers.at(next, () => second(next));
  };
  second(now);
  log(NAME, `site ${site.id}, line ${config.line}${lines.emulated() ? ', emulated' : ''}`);
}
