/**
 * Checks every device profile: `npm run lint:profiles`. Prints each problem as file:line with what
 * is wrong. With HOLDFAST_DATA set it also compares the SunSpec models with the definitions in
 * $HOLDFAST_DATA/sunspec. Exit 0 clean, 1 findings.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import {
  parseProfile,
  PROFILES,
  SUNSPEC_MODELS,
  type ModelData,
  type Problem,
  type SunspecPointData,
} from '../src/device';

const ROOT = join(__dirname, '..');
const FOLDER = join(ROOT, 'src/device/profiles');

/** Line of a path such as "points.power_W.address": each key is looked for below the last. */
function lineOf(text: readonly string[], where: string): number {
  let line = 0;
  for (const key of where.split('.')) {
    const found = text.findIndex(
      (candidate, index) => index >= line && candidate.trimStart().startsWith(`${key}:`),
    );
    if (found >= 0) line = found;
  }
  return line + 1;
}

function fileOf(id: string): { readonly path: string; readonly lines: readonly string[] } {
  for (const name of readdirSync(FOLDER)) {
    const path = join(FOLDER, name);
    const lines = readFileSync(path, 'utf8').split('\n');
    if (lines.some((line) => line.trim() === `id: '${id}',`)) return { path, lines };
  }
  return { path: join(FOLDER, `${id}.ts`), lines: [] };
}

function profileFindings(): string[] {
  return PROFILES.flatMap((data) => {
    const result = parseProfile(data);
    if (result.ok) return [];
    const { path, lines } = fileOf(data.id);
    return result.problems.map(
      ({ where, why }: Problem) =>
        `${relative(ROOT, path)}:${lineOf(lines, where)}: ${where}: ${why}`,
    );
  });
}

function goldenFindings(): string[] {
  return PROFILES.flatMap(({ id }) =>
    existsSync(join(ROOT, 'test/golden/devices', `${id}.json`))
      ? []
      : [`test/golden/devices/${id}.json: golden frames are missing`],
  );
}

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isJson) : []);

interface Defined {
  readonly offset: number;
  readonly type: unknown;
  readonly size: number;
  readonly factor: unknown;
  readonly access: string;
}

/** Points of a definition by name; a point of a nested group is "group.point". */
function definedPoints(definition: Json): Map<string, Defined> {
  const points = new Map<string, Defined>();
  let offset = 0;
  const add = (group: Json, prefix: string): void => {
    for (const point of listOf(group['points'])) {
      const size = Number(point['size']);
      points.set(`${prefix}${String(point['name'])}`, {
        offset,
        type: point['type'],
        size,
        factor: point['sf'] ?? '',
        access: point['access'] === 'RW' ? 'rw' : 'r',
      });
      offset += size;
    }
    for (const inner of listOf(group['groups'])) add(inner, `${String(inner['name'])}.`);
  };
  const group = definition['group'];
  if (isJson(group)) add(group, '');
  return points;
}

function pointFinding(
  point: SunspecPointData,
  from: number,
  defined?: Defined,
): string | undefined {
  const [name, offset, type, words, factor, , access] = point;
  if (defined === undefined) return `has no point ${name}`;
  const ours = [from + offset, type, words, factor, access].join(' ');
  const theirs = [defined.offset, defined.type, defined.size, defined.factor, defined.access].join(
    ' ',
  );
  return ours === theirs ? undefined : `${name} is "${ours}", defined as "${theirs}"`;
}

function modelFindings(folder: string, data: ModelData): string[] {
  const definition: unknown = JSON.parse(
    readFileSync(join(folder, `model_${data.model}.json`), 'utf8'),
  );
  if (!isJson(definition)) return [`model ${data.model}: no definition`];
  const defined = definedPoints(definition);
  const group = data.repeat;
  const groupName = data.model === 160 ? 'module.' : '';
  const findings = [
    ...data.points.map((point) => pointFinding(point, 0, defined.get(point[0]))),
    ...(group?.points ?? []).map((point) =>
      pointFinding(point, group?.from ?? 0, defined.get(`${groupName}${point[0]}`)),
    ),
  ];
  return findings.flatMap((finding) =>
    finding === undefined ? [] : [`SunSpec model ${data.model}: ${finding}`],
  );
}

function main(): void {
  const findings = [...profileFindings(), ...goldenFindings()];
  const data = process.env['HOLDFAST_DATA'];
  const folder = data === undefined ? undefined : join(data, 'sunspec');
  if (folder !== undefined && existsSync(folder)) {
    for (const model of SUNSPEC_MODELS) findings.push(...modelFindings(folder, model));
    process.stdout.write(`${SUNSPEC_MODELS.length} SunSpec models compared with ${folder}\n`);
  } else {
    process.stdout.write('SunSpec comparison skipped: HOLDFAST_DATA has no sunspec folder\n');
  }
  for (const finding of findings) process.stdout.write(`${finding}\n`);
  process.stdout.write(`${PROFILES.length} profiles, ${findings.length} findings\n`);
  process.exitCode = findings.length > 0 ? 1 : 0;
}

main();
