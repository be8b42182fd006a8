import { runCampaign } from '../campaign';
import { modbusBench } from './modbus';
void runCampaign(modbusBench, process.argv.slice(2)).then((code) => { process.exitCode = code; });
