import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { validate } from '../../src/schema/validate.ts';
import { corpus, corpusPath } from '../support/corpus.ts';
import { inline } from './schemas.ts';

interface Group {
  readonly description: string;
  readonly schema: Record<string, unknown>;
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[];
}
/** What of the suite does not hold for us, by `file`, `file: group` or `file: test`, and why. */
const exempt: Readonly<Record<string, string>> = {
  'definitions.json': 'the metaschema is no file of ours',
  'infinite-loop-detection.json': 'structural schemas have no $ref inside an allOf',
  'items.json: items and subitems': 'structural schemas have no $ref inside a list of items',
  'optional/ecmascript-regex.json': 'patterns of users are RE2, as in Kubernetes',
  'optional/float-overflow.json': 'multipleOf of 1e308 is computed in doubles',
  'optional/format/date-time.json: a valid date-time with a leap second, UTC': 'Go reads no leap seconds',
  'optional/format/date-time.json: a valid date-time with a leap second, with minus offset': 'Go reads no leap seconds',
  'optional/format/uri.json': 'a URI is what Go can parse, which is lenient',
  'optional/id.json': 'ids mean nothing to structural schemas',
  'optional/zeroTerminatedFloats.json': 'JSON numbers of JavaScript do not tell 1.0 from 1',
  'properties.json: properties whose names are Javascript object property names': 'Ajv leaves out a property that is called __proto__',
  'ref.json': 'references are to files and pointers, without ids; what stands beside one counts, as in OpenAPI',
  'refRemote.json': 'references are to files of ours',
};
function isExempt(file: string, part: string): boolean {
  const name = file.replace('draft4/', '');
  return exempt[name] !== undefined || exempt[`${name}: ${part}`] !== undefined;
}

const folder = 'suites/json-schema-test-suite';

describe.skipIf(corpus === undefined)('the draft 4 suite', () => {
  const names = corpus === undefined ? [] : readdirSync(corpusPath(folder), { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.json') && !isExempt(name, '')).sort();

  it('is there', () => {
    expect(files.length).toBeGreaterThan(30);
  });

  describe.each(files)('%s', (file) => {
    const groups = JSON.parse(readFileSync(corpusPath(folder, file), 'utf8')) as Group[];
    const kept = groups.filter(({ description }) => !isExempt(file, description));
    const cases = kept.flatMap(({ description, schema, tests }) =>
      tests.filter((one) => !isExempt(file, one.description)).map((one) => [`${description}: ${one.description}`, schema, one] as const),
    );
    it.each(cases)('%s', (_name, schema, { data, valid }) => {
      expect(validate(inline(schema, true), data).length === 0).toBe(valid);
    });
  });
});
