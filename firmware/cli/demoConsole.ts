import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock, systemTimers } from '../../src/io/clock';
import { createKeyFile, loadPublicKey } from '../../src/io/keys';
import { type AuditPort, toolLines } from '../../src/runtime';
import type { DemoSite } from '../../src/sim/demo';
import { BusDoor } from '../processes/busDoor';
import { openConsole } from '../processes/consoleSocket';
import { ModeDoor } from '../processes/modeDoor';
import { ServiceDoor } from '../processes/serviceDoor';

/** The console of a gateway for the demo: the same doors, with a folder that ends with it. */
export async function openDemoConsole(
  socket: string,
  trust: readonly string[],
  { rig }: DemoSite,
): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-console-'));
  const { runtime } = rig;
  const site = rig.facts.site.id;
  const audit: AuditPort = {
    append: ({ kind, subject, text }) => {
      if (!process.stdout.isTTY) process.stderr.write(`${kind} ${subject}: ${text}\n`);
    },
  };
  const service = new ServiceDoor({
    site,
    keys: trust.map(loadPublicKey),
    file: path.join(folder, 'service-sequences.json'),
    clock: systemClock,
    audit,
    openService: (until) => runtime.openService(until),
  });
  const server = await openConsole(socket, {
    runtime,
    signer: { key: createKeyFile(path.join(folder, 'device.key')), site },
    mode: new ModeDoor({ runtime, forcedFile: path.join(folder, 'forced'), clock: systemClock }),
    service,
    bus: new BusDoor({
      lines: toolLines(rig.assembly, rig.buses, (key, now) =>
        runtime.devices.notYetStatic(key, now),
      ),
      runtime,
      service,
      clock: systemClock,
      timers: systemTimers,
      audit,
    }),
  });
  return async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  };
}
