import type { RegisterProfile } from '../profile';
import { abbB23 } from './abb-b23';
import { carloGavazziEm24 } from './carlo-gavazzi-em24';
import { carloGavazziEm340 } from './carlo-gavazzi-em340';
import { deyeHybrid3p } from './deye-hybrid-3p';
import { eastronSdm630 } from './eastron-sdm630';
import { eastronSdm72V2 } from './eastron-sdm72-v2';
import { eastronSdm72 } from './eastron-sdm72';
import { goodweEt } from './goodwe-et';
import { huaweiSun2000Luna } from './huawei-sun2000-luna';
import { huaweiSun2000Pv } from './huawei-sun2000-pv';
import { janitzaUmg604 } from './janitza-umg604';
import { kostalPlenticore } from './kostal-plenticore';
import { schneiderIem3155 } from './schneider-iem3155';
import { sinexcelPws2 } from './sinexcel-pws2-30k';
import { smaSunnyIsland } from './sma-sunny-island';
import { smaTripower } from './sma-tripower';
import { socomecCountisE24 } from './socomec-countis-e24';
import { solarLog } from './solar-log';
import { solaredgeStoredge } from './solaredge-storedge';
import { solaxGen4 } from './solax-gen4';
import { sungrowSg } from './sungrow-sg';
import { sungrowSh } from './sungrow-sh';
import { sunspecBess124 } from './sunspec-bess-124';
import { sunspecBess704 } from './sunspec-bess-704';
import { sunspecMeter203 } from './sunspec-meter-203';
import { sunspecMeter213 } from './sunspec-meter-213';
import { sunspecPv123 } from './sunspec-pv-123';
import { sunspecPv704 } from './sunspec-pv-704';
import { victronGxEss3 } from './victron-gx-ess3';
import { victronGxSystem } from './victron-gx-system';

/** The device library: meters, battery systems, PV inverters. One line and one file each. */
export const PROFILES: readonly RegisterProfile[] = [
  abbB23,
  carloGavazziEm24,
  carloGavazziEm340,
  eastronSdm630,
  eastronSdm72V2,
  eastronSdm72,
  janitzaUmg604,
  schneiderIem3155,
  socomecCountisE24,
  sunspecMeter203,
  sunspecMeter213,
  deyeHybrid3p,
  goodweEt,
  huaweiSun2000Luna,
  kostalPlenticore,
  sinexcelPws2,
  smaSunnyIsland,
  solaredgeStoredge,
  solaxGen4,
  sungrowSh,
  sunspecBess124,
  sunspecBess704,
  victronGxEss3,
  victronGxSystem,
  huaweiSun2000Pv,
  smaTripower,
  solarLog,
  sungrowSg,
  sunspecPv123,
  sunspecPv704,
];

/** The profile with this id, as a site file names it. Pure. */
export const profileById = (id: string): RegisterProfile | undefined =>
  PROFILES.find((profile) => profile.id === id);
