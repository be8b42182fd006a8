import type { RegisterProfile } from '../profile';
import { eastronSdm630 } from './eastron-sdm630';
import { goodweEt } from './goodwe-et';
import { sunspecBess124 } from './sunspec-bess-124';
import { sunspecBess704 } from './sunspec-bess-704';
import { sunspecMeter203 } from './sunspec-meter-203';
import { sunspecMeter213 } from './sunspec-meter-213';
import { sunspecPv123 } from './sunspec-pv-123';

/** The device library. One line and one file for each model. */
export const PROFILES: readonly RegisterProfile[] = [
  eastronSdm630,
  sunspecMeter203,
  sunspecMeter213,
  sunspecBess704,
  sunspecBess124,
  goodweEt,
  sunspecPv123,
];

/** The profile with this id, as a site file names it. Pure. */
export const profileById = (id: string): RegisterProfile | undefined =>
  PROFILES.find((profile) => profile.id === id);
