/** `npm run faults -- bus|site|ocpp|durability`: loads only the campaign that was asked for. */
import { type Campaign, runCampaign } from './campaign';

const CAMPAIGNS: Readonly<Record<string, () => Campaign>> = {
  bus: () => (require('../test/faults/bus') as typeof import('../test/faults/bus')).busFaults,
  durability: () =>
    (require('../test/faults/durability') as typeof import('../test/faults/durability'))
      .durabilityFaults,
  ocpp: () => (require('../test/faults/ocpp') as typeof import('../test/faults/ocpp')).ocppFaults,
  site: () => (require('../test/faults/site') as typeof import('../test/faults/site')).siteFaults,
};

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  const load = name === undefined ? undefined : CAMPAIGNS[name];
  if (load === undefined) {
    process.stderr.write(`faults: which campaign? ${Object.keys(CAMPAIGNS).join(' ')}\n`);
    return 2;
  }
  return runCampaign(load(), rest);
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
