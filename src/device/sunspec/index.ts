import { controlModels } from './controlModels';
import { derModels } from './derModels';
import { inverterModels } from './inverterModels';
import { meterModels } from './meterModels';
import type { ModelData, SunspecPointData } from './modelData';
import { storageModels } from './storageModels';

/** All information models that profiles may name. */
export const SUNSPEC_MODELS: readonly ModelData[] = [
  ...inverterModels,
  ...controlModels,
  ...storageModels,
  ...meterModels,
  ...derModels,
];

/** The model with this id. Pure. */
export const sunspecModel = (id: number): ModelData | undefined =>
  SUNSPEC_MODELS.find((candidate) => candidate.model === id);

/** A point of a model, with its offset from the id register; `index` counts groups from 0. Pure. */
export function sunspecPoint(
  model: ModelData,
  name: string,
  index?: number,
): SunspecPointData | undefined {
  if (index === undefined) return model.points.find((point) => point[0] === name);
  const group = model.repeat;
  const found = group?.points.find((point) => point[0] === name);
  if (group === undefined || found === undefined) return undefined;
  const [, offset, type, words, scaleFactor, unit, access] = found;
  const at = group.from + index * group.every + offset;
  return [name, at, type, words, scaleFactor, unit, access];
}
