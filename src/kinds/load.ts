import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kind, KubeObject } from '../api/object.ts';
import { compileSchema, type ResolveRef } from '../schema/compile.ts';
import type { PrinterColumn, Schema } from '../schema/schema.ts';
import { conversions } from './conversions/index.ts';
import { kindFacts } from './facts/index.ts';
import type { Conversion, ResourceKind } from './kind.ts';
import { strategyOf, type KindRules } from './rules.ts';
import { strategies } from './strategies/index.ts';

/** The files of schemas/, by their path there (`core/v1/pod.json`). */
export interface SchemaFiles {
  /** Paths of the files that describe API objects, sorted. */
  readonly paths: readonly string[];
  /** A file's text. @throws when there is none */
  text(path: string): string;
  /** A file decoded, once. @throws when there is none */
  readonly resolve: ResolveRef;
}

/** Reads the whole folder. `steersman/` holds the formats of our own files, which are no API objects. */
export function readSchemaFiles(folder: string = schemasFolder()): SchemaFiles {
  const texts = new Map<string, string>();
  for (const path of filesBelow(folder).sort()) {
    if (path.endsWith('.json') && !path.startsWith('steersman/')) texts.set(path, readFileSync(`${folder}/${path}`, 'utf8'));
  }
  const decoded = new Map<string, Readonly<Record<string, unknown>>>();
  const text = (path: string): string => {
    const found = texts.get(path);
    if (found === undefined) throw new Error(`schemas/${path} does not exist`);
    return found;
  };
  const resolve: ResolveRef = (path) => {
    const known = decoded.get(path);
    if (known !== undefined) return known;
    const json = JSON.parse(text(path)) as Record<string, unknown>;
    decoded.set(path, json);
    return json;
  };
  return { paths: [...texts.keys()], text, resolve };
}

/** Paths with slashes. There are hundreds at each start, and Node's own recursion asks the system about each once more. */
function filesBelow(folder: string, prefix = ''): string[] {
  return readdirSync(`${folder}/${prefix}`, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(folder, `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`],
  );
}

/** Decodes single files when they are asked for, each once. */
export function schemaResolver(folder: string = schemasFolder()): ResolveRef {
  const decoded = new Map<string, Readonly<Record<string, unknown>>>();
  return (path) => {
    const known = decoded.get(path);
    if (known !== undefined) return known;
    const json = JSON.parse(readFileSync(join(folder, path), 'utf8')) as Record<string, unknown>;
    decoded.set(path, json);
    return json;
  };
}

/** schemas/ lies beside src/ and beside dist/, at whatever depth this file ends up below them. */
export function schemasFolder(): string {
  const near = ['../schemas', '../../schemas', '../../../schemas'].map((path) => join(import.meta.dirname, path));
  const folder = near.find((path) => existsSync(join(path, 'core/v1/pod.json')));
  if (folder === undefined) throw new Error(`schemas/ is not in the package that ${import.meta.dirname} belongs to`);
  return folder;
}

/** The x-kubernetes-resource block: facts about a resource, named as in a CustomResourceDefinition. */
export interface ResourceFacts {
  readonly plural: string;
  readonly singular: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  /** What can be done with it; default: all that can be done with stored objects. */
  readonly verbs?: readonly string[];
  readonly subresources?: Readonly<Record<string, object>>;
  readonly additionalPrinterColumns: readonly PrinterColumn[];
}

/** Every kind that schemas/ describes, with its strategy, ordered by path. Schemas are compiled at first use. */
export function loadKinds(files: SchemaFiles = readSchemaFiles()): ResourceKind[] {
  const rules = new Map<string, KindRules>(kindFacts.map((facts) => [ruleKey(facts.kind), facts]));
  for (const one of strategies) rules.set(ruleKey(one.kind), { ...rules.get(ruleKey(one.kind)), ...one });
  return files.paths.filter((path) => files.text(path).includes('"x-kubernetes-resource"')).map((path) => builtIn(files, path, rules));
}
const ruleKey = (kind: Pick<Kind, 'group' | 'version' | 'kind'>): string => `${kind.group}/${kind.version}/${kind.kind}`;

type Ruled = Pick<ResourceKind, 'selectableFields' | 'unconditionalUpdate' | 'createOnUpdate' | 'deprecation' | 'conversion'> & {
  readonly own: KindRules;
};
/** The rules of a kind; of a version that is converted, those of the stored one. */
function rulesOf(kind: Kind, rules: ReadonlyMap<string, KindRules>): Ruled {
  const conversion = conversions.find((one) => ruleKey(one.kind) === ruleKey(kind));
  const stored = rules.get(ruleKey(conversion?.stored ?? kind)) ?? { kind };
  const { selectableFields = {}, unconditionalUpdate = true, createOnUpdate, deprecation } = stored;
  const written = { unconditionalUpdate, ...(createOnUpdate && { createOnUpdate }) };
  if (conversion !== undefined) {
    const fields = conversion.selectableFields ?? selectableFields;
    return { own: convertedRules(conversion, stored), selectableFields: fields, ...written, conversion };
  }
  return { own: stored, selectableFields, ...written, ...(deprecation !== undefined && { deprecation }) };
}
/** Of a version that is converted: the stored version's rules are asked, so that only what is told of it is its own. */
function convertedRules({ kind, toStored }: Conversion, stored: KindRules): KindRules {
  return {
    kind,
    ...(stored.generation && { generation: stored.generation }),
    ...(stored.cells && { cells: (object: KubeObject, now: number) => stored.cells?.(toStored(object), now) ?? [] }),
  };
}

function builtIn(files: SchemaFiles, path: string, rules: ReadonlyMap<string, KindRules>): ResourceKind {
  const json = files.resolve(path);
  const facts = json['x-kubernetes-resource'] as ResourceFacts;
  const gvk = json['x-kubernetes-group-version-kind'] as Pick<Kind, 'group' | 'version' | 'kind'>;
  const kind: Kind = { ...gvk, plural: facts.plural, namespaced: facts.scope === 'Namespaced' };
  const { own, ...ruled } = rulesOf(kind, rules);
  let compiled: Schema | undefined;
  const schema = (): Schema => (compiled ??= compileSchema({ path, json }, files.resolve));
  return {
    kind,
    singular: facts.singular,
    listKind: facts.listKind ?? `${kind.kind}List`,
    shortNames: facts.shortNames ?? [],
    categories: facts.categories ?? [],
    ...(facts.verbs === undefined ? {} : { computed: { verbs: facts.verbs } }),
    get schema() {
      return schema();
    },
    columns: facts.additionalPrinterColumns,
    subresources: subresourcesOf(facts.subresources ?? {}),
    custom: false,
    ...ruled,
    strategy: strategyOf(own, schema),
  };
}

/** Subresources as a CustomResourceDefinition names them, and ours beside `status` and `scale` by name alone. */
export function subresourcesOf(facts: Readonly<Record<string, object>>): ResourceKind['subresources'] {
  const scale = facts['scale'] as { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string } | undefined;
  const others = Object.keys(facts).filter((name) => name !== 'status' && name !== 'scale');
  return {
    ...(facts['status'] === undefined ? {} : { status: true }),
    ...(scale === undefined
      ? {}
      : {
          scale: {
            specReplicas: scale.specReplicasPath,
            statusReplicas: scale.statusReplicasPath,
            ...(scale.labelSelectorPath === undefined ? {} : { selector: scale.labelSelectorPath }),
          },
        }),
    ...(others.length === 0 ? {} : { others }),
  };
}
