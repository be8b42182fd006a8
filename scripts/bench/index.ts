/** `npm run bench -- NAME`: loads only the benchmark that was asked for. */
import { type Campaign, runCampaign } from '../campaign';

const BENCHES: Readonly<Record<string, () => Campaign>> = {
  modbus: () => (require('./modbus') as typeof import('./modbus')).modbusBench,
  ocpp: () => (require('./ocpp') as typeof import('./ocpp')).ocppBench,
  virtual: () => (require('./virtual') as typeof import('./virtual')).virtualBench,
  allocation: () => (require('./allocation') as typeof import('./allocation')).allocationBench,
  planning: () => (require('./planning') as typeof import('./planning')).planningBench,
  footprint: () => (require('./footprint') as typeof import('./footprint')).footprintBench,
};

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  const load = name === undefined ? undefined : BENCHES[name];
  if (load === undefined) {
    process.stderr.write(`bench: which one? ${Object.keys(BENCHES).join(' ')}\n`);
    return 2;
  }
  return runCampaign(load(), rest);
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
