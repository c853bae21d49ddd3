import { describe, expect, it } from 'vitest';
import { StatusError } from '../../src/api/status.ts';
import { recordUpdate, serverSideApply } from '../../src/schema/apply.ts';
import { inline } from './schemas.ts';
import { shelf, story, type Plain } from './story.ts';

function refused(act: () => unknown): StatusError {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('an applier', () => {
  it('owns what it wrote and nothing above it', () => {
    const told = story(shelf).apply(
      'flux',
      '{metadata: {labels: {a: b}}, spec: {count: 1, tags: [x], slots: [{port: 80, label: l}], steps: [s], pick: {a: b}}}',
    );
    expect(told.owners).toEqual({
      flux: [
        '.metadata.labels.a',
        '.spec.count',
        '.spec.pick',
        '.spec.slots[port=80,protocol="TCP"]',
        '.spec.slots[port=80,protocol="TCP"].label',
        '.spec.slots[port=80,protocol="TCP"].port',
        '.spec.steps',
        '.spec.tags[="x"]',
      ],
    });
  });

  it('takes away what it leaves out', () => {
    const told = story(shelf)
      .apply('flux', '{metadata: {labels: {a: b}}, spec: {count: 1, note: n, tags: [x, y], slots: [{port: 80}, {port: 81}]}}')
      .apply('flux', '{spec: {count: 1, tags: [y], slots: [{port: 81}]}}');
    expect(told.body).toEqual({ spec: { count: 1, tags: ['y'], slots: [{ port: 81 }] } });
  });

  it('leaves what somebody else owns too', () => {
    const told = story(shelf)
      .apply('flux', '{spec: {count: 1, note: n}}')
      .apply('hpa', '{spec: {count: 1}}')
      .apply('flux', '{spec: {note: n}}');
    expect(told.body).toEqual({ spec: { count: 1, note: 'n' } });
    expect(told.owners).toEqual({ flux: ['.spec.note'], hpa: ['.spec.count'] });
  });

  it('leaves what nobody owns any more than it owned', () => {
    const told = story(shelf, { apiVersion: 'demo.example/v1', kind: 'Shelf', metadata: { name: 's' }, spec: { count: 3, tags: ['old'] } })
      .apply('flux', '{spec: {tags: [new]}}')
      .apply('flux', '{spec: {}}');
    expect(told.body).toEqual({ spec: { count: 3, tags: ['old'] } });
    expect(told.owners['before-first-apply (Update)']).toEqual(['.spec', '.spec.count', '.spec.tags', '.spec.tags[="old"]']);
  });

  it('removes an item of a list though others own nothing but a field of it', () => {
    const told = story(shelf)
      .apply('flux', '{spec: {slots: [{port: 80, label: a}]}}')
      .apply('sizer', '{spec: {slots: [{port: 80, size: 3}]}}')
      .apply('flux', '{spec: {}}');
    expect(told.body).toEqual({ spec: { slots: [{ port: 80, size: 3 }] } });
  });

  it('that applies the same again changes neither object nor time', () => {
    const told = story(shelf).apply('flux', '{spec: {count: 1, tags: [a]}}');
    const before = told.object;
    expect(told.apply('flux', '{spec: {tags: [a], count: 1}}').object).toEqual(before);
    expect(told.times).toEqual({ flux: 1 });
  });

  it('that joins another in a value shares it without conflict', () => {
    const told = story(shelf).apply('flux', '{spec: {count: 1}}').apply('argo', '{spec: {count: 1}}');
    expect(told.owners).toEqual({ argo: ['.spec.count'], flux: ['.spec.count'] });
    // As upstream, which writes a time down only with a change of the object.
    expect(told.times).toEqual({ flux: 1, argo: undefined });
  });

  it('that gives up what another has too keeps its time', () => {
    const told = story(shelf).apply('flux', '{spec: {count: 1, note: n}}').apply('argo', '{spec: {count: 1}}');
    told.apply('flux', '{spec: {note: n}}');
    expect(told.owners).toEqual({ argo: ['.spec.count'], flux: ['.spec.note'] });
    expect(told.times['flux']).toBe(1);
  });

  it('reads an absent list key as its default', () => {
    const told = story(shelf)
      .apply('flux', '{spec: {slots: [{port: 80, protocol: TCP, label: a}]}}')
      .apply('flux', '{spec: {slots: [{port: 80, label: b}]}}');
    expect(told.body).toEqual({ spec: { slots: [{ port: 80, label: 'b' }] } });
  });

  it('keeps an empty map that it applied', () => {
    const told = story(shelf).apply('flux', '{spec: {free: {}}}');
    expect(told.body).toEqual({ spec: { free: {} } });
    expect(told.owners).toEqual({ flux: ['.spec.free'] });
  });
});

describe('a conflict', () => {
  it('is a value that another applier set differently', () => {
    const told = story(shelf).apply('flux', '{spec: {count: 1}}');
    const error = refused(() => told.apply('argo', '{spec: {count: 2}}'));
    expect({ code: error.code, reason: error.reason, message: error.message, details: error.details }).toEqual({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "flux": .spec.count',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "flux"', field: '.spec.count' }] },
    });
    expect(told.body).toEqual({ spec: { count: 1 } });
  });

  it('names an updater with its version and subresource', () => {
    const told = story(shelf)
      .update('kubectl', (o) => Object.assign(o, { spec: { count: 1, tags: ['a'] } }))
      .update('agent', (o) => Object.assign(o, { status: { seen: 1 } }), { subresource: 'status' });
    const error = refused(() => told.apply('flux', '{spec: {count: 2}, status: {seen: 2}}'));
    expect(error.message).toBe(
      [
        'Apply failed with 2 conflicts: conflicts with "agent" with subresource "status" using demo.example/v1:',
        '- .status.seen',
        'conflicts with "kubectl" using demo.example/v1:',
        '- .spec.count',
      ].join('\n'),
    );
  });

  it('ends with force, and the other loses the field', () => {
    const told = story(shelf).apply('flux', '{spec: {count: 1, note: n}}').apply('argo', '{spec: {count: 2}}', { force: true });
    expect(told.body).toEqual({ spec: { count: 2, note: 'n' } });
    expect(told.owners).toEqual({ flux: ['.spec.note'], argo: ['.spec.count'] });
  });

  it('is a whole list when the list is atomic', () => {
    const told = story(shelf).apply('flux', '{spec: {steps: [a, b]}}');
    expect(refused(() => told.apply('argo', '{spec: {steps: [a]}}')).details?.causes?.[0]?.field).toBe('.spec.steps');
  });

  it('is found inside free JSON', () => {
    const told = story(shelf).apply('flux', '{spec: {any: {a: {b: 1}, list: [1]}}}');
    expect(told.owners).toEqual({ flux: ['.spec.any.a', '.spec.any.a.b', '.spec.any.list'] });
    expect(refused(() => told.apply('argo', '{spec: {any: {a: {b: 2}}}}')).details?.causes?.[0]?.field).toBe('.spec.any.a.b');
  });
});

describe('an updater', () => {
  it('owns what it changed and takes it from others', () => {
    const told = story(shelf)
      .apply('flux', '{spec: {count: 1, note: n}}')
      .update('kubectl', (o) => Object.assign(o.spec as object, { count: 5 }));
    expect(told.owners).toEqual({ flux: ['.spec.note'], 'kubectl (Update)': ['.spec.count'] });
  });

  it('that removes a field leaves it to nobody', () => {
    const told = story(shelf)
      .apply('flux', '{spec: {count: 1, note: n}}')
      .update('kubectl', (o) => delete (o.spec as { note?: string }).note);
    expect(told.owners).toEqual({ flux: ['.spec.count'] });
  });

  it('owns structs that came with what it wrote', () => {
    const told = story(shelf).update('kubectl', (o) =>
      Object.assign(o, { spec: { free: { a: 'b' }, slots: [{ port: 1, protocol: 'UDP' }] } }),
    );
    expect(told.owners).toEqual({
      'kubectl (Update)': [
        '.spec',
        '.spec.free',
        '.spec.free.a',
        '.spec.slots',
        '.spec.slots[port=1,protocol="UDP"]',
        '.spec.slots[port=1,protocol="UDP"].port',
        '.spec.slots[port=1,protocol="UDP"].protocol',
      ],
    });
  });

  it('never owns what the server keeps', () => {
    const told = story(shelf).update('kubectl', (o) =>
      Object.assign(o.metadata, { uid: 'u', resourceVersion: '7', generation: 1, finalizers: ['f'] }),
    );
    expect(told.owners).toEqual({ 'kubectl (Update)': ['.metadata.finalizers', '.metadata.finalizers[="f"]'] });
  });

  it('that changes nothing changes nothing', () => {
    const told = story(shelf).apply('flux', '{spec: {count: 1}}');
    const before = told.object;
    expect(told.update('kubectl', () => undefined).object).toEqual(before);
  });

  it('is another manager at each subresource', () => {
    const told = story(shelf)
      .update('a', (o) => Object.assign(o, { spec: { count: 1 } }))
      .update('a', (o) => Object.assign(o, { status: { seen: 1 } }), { subresource: 'status' });
    expect(Object.keys(told.owners)).toEqual(['a (Update)', 'a/status (Update)']);
  });

  it('may write managedFields itself: sends them afresh with an empty entry, keeps the old ones when it sends none', () => {
    const told = story(shelf).apply('flux', '{spec: {count: 1, note: n}}');
    told.update('kubectl', (o) => delete o.metadata.managedFields);
    expect(told.owners).toEqual({ flux: ['.spec.count', '.spec.note'] });
    told.update('kubectl', (o) => {
      o.metadata.managedFields = [{}];
    });
    expect(told.owners).toEqual({});
  });

  it('is not written down where nobody was before, until somebody applies', () => {
    const live = { apiVersion: 'demo.example/v1', kind: 'Shelf', metadata: { name: 's' }, spec: { count: 3 } };
    const told = story(shelf, live).update('kubectl', (o) => Object.assign(o.spec as object, { note: 'n' }));
    expect(told.owners).toEqual({});
    expect(Object.keys(told.apply('flux', '{spec: {count: 3}}').owners)).toEqual(['flux', 'before-first-apply (Update)']);
  });

  it('cannot break the list with entries that are none', () => {
    const told = story(shelf).apply('flux', '{spec: {count: 1}}');
    told.update('kubectl', (o) => {
      o.metadata.managedFields = [{ manager: 'x', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'k:{': {} } }];
    });
    expect(told.owners).toEqual({ flux: ['.spec.count'] });
  });

  it('beyond the tenth sends the oldest to ancient-changes', () => {
    const told = story(shelf);
    for (let index = 0; index < 13; index++)
      told.update(`m${index}`, (o) =>
        Object.assign(o, {
          spec: { ...(o.spec as object), free: { ...(o.spec as { free?: object } | undefined)?.free, [`k${index}`]: 'x' } },
        }),
      );
    expect(Object.keys(told.owners)).toEqual(
      ['ancient-changes', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9', 'm10', 'm11', 'm12'].map((name) => `${name} (Update)`),
    );
    expect(told.owners['ancient-changes (Update)']).toEqual([
      '.spec',
      '.spec.free',
      '.spec.free.k0',
      '.spec.free.k1',
      '.spec.free.k2',
      '.spec.free.k3',
    ]);
  });
});

describe('the order of list items', () => {
  const order = (live: string, applied: string) =>
    story(shelf).apply('a', `{spec: {tags: [${live}]}}`).apply('b', `{spec: {tags: [${applied}]}}`).body.spec as { tags: string[] };

  it.each([
    ['a, b, c', 'c, a', ['b', 'c', 'a']],
    ['a, b, c', 'a, x, c', ['a', 'b', 'x', 'c']],
    ['a, b', 'x, y', ['a', 'b', 'x', 'y']],
    ['a, b, c, d', 'd, c, b, a', ['d', 'c', 'b', 'a']],
    ['a, l, b', 'b, a', ['l', 'b', 'a']],
  ])('of [%s] under [%s]', (live, applied, result) => {
    expect(order(live, applied).tags).toEqual(result);
  });
});

describe('an object that cannot be merged', () => {
  it.each([
    [
      '{spec: {slots: [{label: x}]}}',
      '.spec.slots: element 0: associative list with keys has an element that omits key field "port" (and doesn\'t have default value)',
    ],
    ['{spec: {slots: [{port: 1}, {port: 1, protocol: TCP}]}}', '.spec.slots: duplicate entries for key [port=1,protocol="TCP"]'],
    ['{spec: {size: 3}}', '.spec.size: field not declared in schema'],
    ['{spec: {tags: [{a: b}]}}', ".spec.tags: element 0: associative list without keys has an element that's a map type"],
    [
      '{spec: {tags: [a, a], count: x}}',
      'errors:\n  .spec.tags: duplicate entries for key [="a"]\n  .spec.count: expected numeric (int or float), got string',
    ],
    ['{spec: {slots: many}}', '.spec.slots: expected list, got &{many}'],
    ['{spec: []}', '.spec: expected map, got &{[]}'],
  ])('such as %s is refused', (text, message) => {
    const error = refused(() => story(shelf).apply('flux', text));
    expect([error.code, error.message]).toEqual([400, `failed to create typed patch object (/s; demo.example/v1, Kind=Shelf): ${message}`]);
  });
});

describe('a schema that changes under its objects', () => {
  const spec = (list: object) => ({
    type: 'object',
    properties: {
      ...{
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
      spec: { type: 'object', properties: { tags: { type: 'array', items: { type: 'string' }, ...list } } },
    },
  });
  const time = '2026-01-01T00:00:00Z';
  const object: Plain = { apiVersion: 'demo.example/v1', kind: 'Shelf', metadata: { name: 's' }, spec: { tags: ['a'] } };

  it('leaves a list that has become atomic to all who owned parts of it', () => {
    const before = inline(spec({ 'x-kubernetes-list-type': 'set' }), true);
    const after = inline(spec({ 'x-kubernetes-list-type': 'atomic' }), true);
    const live = serverSideApply(before, undefined, object, { manager: 'flux', time });
    const next = { ...object, spec: { tags: ['b'] } };
    expect(refused(() => serverSideApply(after, live, next, { manager: 'argo', time })).details?.causes?.[0]?.field).toBe('.spec.tags');
    const updated = recordUpdate(after, live, live, { manager: 'kubectl', time });
    expect(updated.metadata.managedFields?.[0]?.fieldsV1).toEqual({ 'f:spec': { 'f:tags': {} } });
  });
});
