import type {
  DeviceProfile,
  ForbiddenSpan,
  PlacedModel,
  PlannedRead,
  Point,
  Problem,
  RegisterSpan,
} from './compiled';
import { notImplemented, typeOfSunspec, wordsOf } from './numbers';
import type {
  BlockData,
  ForbiddenData,
  MapPoint,
  PointData,
  Rating,
  RegisterProfile,
  SunspecPoint,
} from './profile';
import { sunspecModel, sunspecPoint } from './sunspec';

/** What is particular to one installed device. */
export interface ProfileInstance {
  readonly rating?: Rating;
  /** Models as discovered; without them the profile's own chain counts. */
  readonly models?: readonly PlacedModel[];
}

type Report = (where: string, why: string) => void;

function placeModels(
  data: RegisterProfile,
  found: readonly PlacedModel[] | undefined,
  report: Report,
): PlacedModel[] {
  if (data.sunspec === undefined) return [];
  const placed: PlacedModel[] = [];
  let address = data.sunspec.base + 2;
  for (const [index, [model, ...lengths]] of data.sunspec.chain.entries()) {
    const where = `sunspec.chain.${index}`;
    const length = lengths[0];
    if (length === undefined || length < 1) {
      report(where, `model ${model} has no length`);
      continue;
    }
    const hit = found?.find((candidate) => candidate.model === model);
    if (found !== undefined && (hit === undefined || !lengths.includes(hit.length)))
      report(where, `the device has no model ${model} of length ${lengths.join(' or ')}`);
    placed.push(hit ?? { model, address, length });
    address += 2 + length;
  }
  return placed;
}

const meaning = (data: PointData): Pick<Point, 'states' | 'validIf' | 'negativeIf' | 'write'> => ({
  ...(data.states === undefined ? {} : { states: data.states }),
  ...(data.validIf === undefined ? {} : { validIf: data.validIf }),
  ...(data.negativeIf === undefined ? {} : { negativeIf: data.negativeIf }),
  ...(data.write === undefined ? {} : { write: data.write }),
});

function mapPoint(name: string, data: MapPoint): Point {
  return {
    name,
    table: data.table,
    address: data.address,
    words: wordsOf(data.type, data.length),
    type: data.type,
    wordOrder: data.wordOrder ?? 'hi-lo',
    scale: data.scale ?? 1,
    offset: data.offset ?? 0,
    sign: data.sign ?? 1,
    missing: data.missing ?? [],
    unit: data.unit,
    ...(data.scaleFactor === undefined ? {} : { scaleFactor: data.scaleFactor }),
    ...(data.declaredExponent === undefined ? {} : { declaredExponent: data.declaredExponent }),
    ...meaning(data),
  };
}

function placedPoint(
  name: string,
  data: SunspecPoint,
  models: readonly PlacedModel[],
  report: Report,
): Point | undefined {
  const [id, pointName, index] = data.sunspec;
  const where = `points.${name}.sunspec`;
  const model = sunspecModel(id);
  const placed = models.find((candidate) => candidate.model === id);
  if (model === undefined || placed === undefined) {
    report(where, `model ${id} is ${model === undefined ? 'not known' : 'not in the chain'}`);
    return undefined;
  }
  const found = sunspecPoint(model, pointName, index);
  if (found === undefined) {
    report(where, `model ${id} has no point ${pointName}`);
    return undefined;
  }
  const [, offset, type, words, scaleFactorName] = found;
  if (offset + words > placed.length + 2) report(where, `lies behind the end of model ${id}`);
  const scaleFactor = scaleFactorName === '' ? undefined : sunspecPoint(model, scaleFactorName);
  return {
    name,
    table: 'holding',
    address: placed.address + offset,
    words,
    type: typeOfSunspec(type),
    wordOrder: 'hi-lo',
    scale: 1,
    offset: 0,
    sign: data.sign ?? 1,
    missing: notImplemented(type),
    unit: data.unit,
    ...(scaleFactor === undefined ? {} : { scaleFactor: placed.address + scaleFactor[1] }),
    ...(data.declaredExponent === undefined ? {} : { declaredExponent: data.declaredExponent }),
    ...meaning(data),
  };
}

function spanOf(
  where: string,
  data: BlockData | ForbiddenData,
  models: readonly PlacedModel[],
  report: Report,
): RegisterSpan | undefined {
  if (!('sunspec' in data))
    return {
      table: 'table' in data ? data.table : 'holding',
      address: data.address,
      count: data.count,
    };
  const [id, from, count] = data.sunspec;
  const placed = models.find((candidate) => candidate.model === id);
  if (placed === undefined) {
    report(where, `model ${id} is not in the chain`);
    return undefined;
  }
  if (from + count > placed.length + 2) report(where, `goes behind the end of model ${id}`);
  return { table: 'holding', address: placed.address + from, count };
}

/** Mark and headers of a SunSpec map: read at each connection, they prove the addresses. */
function headerReads(data: RegisterProfile, models: readonly PlacedModel[]): RegisterSpan[] {
  if (data.sunspec === undefined) return [];
  const mark: RegisterSpan = { table: 'holding', address: data.sunspec.base, count: 2 };
  return [mark, ...models.map(({ address }) => ({ table: 'holding' as const, address, count: 2 }))];
}

function valuesInside(span: RegisterSpan, points: Iterable<Point>): RegisterSpan[] {
  const inside: RegisterSpan[] = [];
  const add = (table: Point['table'], address: number, count: number): void => {
    if (table !== span.table || address < span.address) return;
    if (address + count <= span.address + span.count) inside.push({ table, address, count });
  };
  for (const { table, address, words, scaleFactor } of points) {
    add(table, address, words);
    // Without its exponent a value says nothing.
    if (scaleFactor !== undefined) add(table, scaleFactor, 1);
  }
  return inside.sort((a, b) => a.address - b.address);
}

/**
 * Places a profile's points, blocks and forbidden ranges at absolute addresses. The problems are
 * those of placing only; `lint.ts` judges the result. Pure.
 */
export function compileProfile(
  data: RegisterProfile,
  instance: ProfileInstance,
): { readonly profile: DeviceProfile; readonly problems: Problem[] } {
  const problems: Problem[] = [];
  const report: Report = (where, why) => void problems.push({ where, why });
  const models = placeModels(data, instance.models, report);
  const points = new Map<string, Point>();
  for (const [name, point] of Object.entries(data.points)) {
    const placed =
      'sunspec' in point ? placedPoint(name, point, models, report) : mapPoint(name, point);
    if (placed !== undefined) points.set(name, placed);
  }
  const reads: PlannedRead[] = [];
  const plan = (span: RegisterSpan, every: PlannedRead['every']): void =>
    void reads.push({
      request: { kind: 'read', ...span },
      every,
      values: valuesInside(span, points.values()),
    });
  for (const span of headerReads(data, models)) plan(span, 'once');
  for (const [index, block] of data.blocks.entries()) {
    const span = spanOf(`blocks.${index}`, block, models, report);
    if (span !== undefined) plan(span, block.every);
  }
  const forbidden: ForbiddenSpan[] = [];
  for (const [index, entry] of data.forbidden.entries()) {
    const span = spanOf(`forbidden.${index}`, entry, models, report);
    if (span !== undefined) forbidden.push({ ...span, reason: entry.reason });
  }
  const profile: DeviceProfile = {
    data,
    id: data.id,
    nature: data.nature,
    rating: instance.rating ?? data.rating,
    points,
    derived: new Map(Object.entries(data.derived ?? {})),
    reads,
    forbidden,
    models,
  };
  return { profile, problems };
}
