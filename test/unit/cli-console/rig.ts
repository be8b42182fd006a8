/** A whole virtual site behind a real console socket; simulated time runs fast beside the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadSite } from '../../../firmware/loadSite';
import { BusDoor } from '../../../firmware/processes/busDoor';
import { openConsole } from '../../../firmware/processes/consoleSocket';
import { ModeDoor } from '../../../firmware/processes/modeDoor';
import { ServiceDoor } from '../../../firmware/processes/serviceDoor';
import type { IpcServer } from '../../../src/io/ipc';
import { createKeyFile, type SigningKey } from '../../../src/io/keys';
import { createPduCodec } from '../../../src/io/modbusSerial';
import { type AuditEntry, deviceCatalogue, siteProfiles, toolLines } from '../../../src/runtime';
import { buildVirtual, type VirtualRun } from '../../../src/sim/composition';
import { later } from '../../../src/time';

const SITE = path.join(__dirname, '..', '..', '..', 'firmware', 'sites', 'demo.yaml');

/** Real time between two steps of simulated time, ms. */
const STEP_ms = 20;

export class ConsoleRig {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'hf-console-'));
  readonly socket = path.join(this.folder, 'console.sock');
  readonly run: VirtualRun;
  readonly owner: SigningKey;
  readonly stranger: SigningKey;
  readonly audit: AuditEntry[] = [];
  service: ServiceDoor;
  mode: ModeDoor;
  /** Simulated seconds per step; bus tools say each real second that they live, so 0.1 there. */
  step_s: number;
  private readonly timer: NodeJS.Timeout;
  private server: IpcServer | undefined;

  constructor(step_s = 1, beforeStart?: (run: VirtualRun) => void) {
    this.step_s = step_s;
    const { site } = loadSite(SITE);
    if (site === undefined) throw new Error('the demo site does not load');
    const dark = { ...site, pv: [], stations: site.stations.slice(0, 3) };
    const parsed = siteProfiles(dark);
    if (!parsed.ok) throw new Error('the profiles do not parse');
    this.run = buildVirtual({
      site: dark,
      profiles: parsed.profiles,
      catalogue: deviceCatalogue,
      codec: createPduCodec(),
      seed: 1,
      duration_s: 3600,
    });
    this.owner = createKeyFile(path.join(this.folder, 'owner.key'));
    this.stranger = createKeyFile(path.join(this.folder, 'stranger.key'));
    this.service = this.serviceDoor();
    this.mode = this.modeDoor();
    beforeStart?.(this.run);
    this.run.rig.start();
    this.advance(120);
    this.timer = setInterval(() => this.advance(this.step_s), STEP_ms);
  }

  /** As after a restart of the process: what is in memory is gone, what is on disk is not. */
  serviceDoor(): ServiceDoor {
    return new ServiceDoor({
      site: 'demo',
      keys: [this.owner.publicKey],
      file: path.join(this.folder, 'service-sequences.json'),
      clock: this.run.time,
      audit: { append: (entry) => void this.audit.push(entry) },
      openService: (until) => this.run.rig.runtime.openService(until),
    });
  }

  modeDoor(): ModeDoor {
    return new ModeDoor({
      runtime: this.run.rig.runtime,
      forcedFile: path.join(this.folder, 'forced-static'),
      clock: this.run.time,
    });
  }

  async open(): Promise<void> {
    this.server = await openConsole(this.socket, {
      runtime: this.run.rig.runtime,
      signer: { key: this.owner, site: 'demo' },
      mode: this.mode,
      service: this.service,
      bus: new BusDoor({
        lines: toolLines(this.run.rig.assembly, this.run.rig.buses, (key, now) =>
          this.run.rig.runtime.devices.notYetStatic(key, now),
        ),
        runtime: this.run.rig.runtime,
        service: this.service,
        clock: this.run.time,
        timers: this.run.time,
        audit: { append: (entry) => void this.audit.push(entry) },
      }),
    });
  }

  advance(s: number): void {
    this.run.time.runUntil(later(this.run.time.now(), s * 1000));
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.server?.close();
    this.run.rig.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
