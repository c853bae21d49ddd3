import { expect, it, test } from 'vitest';
import { find, JsonPathError, parseJsonPath } from '../../src/schema/json-path.ts';
import { toTable } from '../../src/schema/table.ts';

const object = {
  metadata: { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z', annotations: { 'example.com/x': 'y' } },
  spec: {
    count: 2,
    ratio: 0.5,
    on: false,
    list: [
      { name: 'p', n: 1 },
      { name: 'q', n: 2 },
    ],
    nothing: null,
  },
  status: { conditions: [{ type: 'Ready', status: 'True' }, { type: 'Old' }] },
};

test.each([
  ['.metadata.name', ['a']],
  ['{.metadata.name}', ['a']],
  ['$.metadata.name', ['a']],
  ['metadata.name', ['a']],
  [".metadata.annotations['example.com/x']", ['y']],
  ['.metadata.annotations.example\\.com/x', ['y']],
  ['.spec.list[0].name', ['p']],
  ['.spec.list[-1].name', ['q']],
  ['.spec.list[*].name', ['p', 'q']],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".status.conditions[?(@.type=='Ready')].status", ['True']],
  ['.status.conditions[?(@.type != "Ready")].type', ['Old']],
  ['.status.conditions[?(@.status)].type', ['Ready']],
  ['.spec.list[?(@.n>1)].name', ['q']],
  ['.spec.absent[0].name', []],
  ['.constructor', []],
])('%s finds %j', (path, found) => {
  expect(find(parseJsonPath(path), object)).toEqual(found);
});

test.each(['.a[', '.a[?(@.b=="c"]', '.a[?(@.b==c)]', '..a', `.${'a'.repeat(1000)}`])('%s is refused', (path) => {
  expect(() => parseJsonPath(path)).toThrow(JsonPathError);
});

it('a table has a cell for each column, by its type', () => {
  const columns = [
    { name: 'Name', type: 'string', jsonPath: '.metadata.name' },
    { name: 'Names', type: 'string', jsonPath: '.spec.list[*].name' },
    { name: 'List', type: 'string', jsonPath: '.spec.list' },
    { name: 'Count', type: 'integer', jsonPath: '.spec.count' },
    { name: 'Wrong', type: 'integer', jsonPath: '.metadata.name' },
    { name: 'Ratio', type: 'number', jsonPath: '.spec.ratio' },
    { name: 'On', type: 'boolean', jsonPath: '.spec.on' },
    { name: 'Null', type: 'string', jsonPath: '.spec.nothing' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Bad', type: 'date', jsonPath: '.metadata.name' },
  ] as const;
  expect(toTable(columns, [object], Date.parse('2026-01-01T00:05:20Z'))).toEqual([
    ['a', 'p q', '[{"name":"p","n":1},{"name":"q","n":2}]', 2, null, 0.5, false, null, '5m20s', '<invalid>'],
  ]);
});
