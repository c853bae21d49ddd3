import { describe, expect, it, test } from 'vitest';
import { acceptRanges, formKey, negotiate } from '../../src/apiserver/negotiate.ts';

const kubectlGet = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

describe('the form of an answer', () => {
  test.each([
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['application/json', 'json'],
    ['application/vnd.kubernetes.protobuf,application/json', 'json'],
    ['application/vnd.kubernetes.protobuf, */*', 'json'],
    [kubectlGet, 'table/v1/Metadata'],
    ['application/json;as=Table;v=v1beta1;g=meta.k8s.io', 'table/v1beta1/Metadata'],
    ['application/json;as=Table;v=v9;g=meta.k8s.io,application/json', 'json'],
    ['application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', 'partial/v1'],
    ['application/yaml', 'yaml'],
    ['application/json;q=0.1, application/yaml;q=0.9', 'yaml'],
  ])('for %s is %s', (accept, expected) => {
    expect(formKey(negotiate(accept, null))).toBe(expected);
  });

  it.each(['application/vnd.kubernetes.protobuf', 'text/html', 'application/json;as=Table;v=v9;g=meta.k8s.io', 'application/json;q=0'])(
    'cannot be %s',
    (accept) => {
      expect(() => negotiate(accept, null)).toThrow(expect.objectContaining({ reason: 'NotAcceptable', code: 406 }));
    },
  );

  test.each([
    ['Object', 'table/v1/Object'],
    ['None', 'table/v1/None'],
    ['Metadata', 'table/v1/Metadata'],
    [null, 'table/v1/Metadata'],
  ])('holds rows with includeObject=%s as %s', (include, expected) => {
    expect(formKey(negotiate(kubectlGet, include))).toBe(expected);
  });
});

it('reads alternatives in the order of preference', () => {
  expect(acceptRanges('a/b;q=0.5, c/d;x=1, e/f;q=0, g/h')).toEqual([
    { type: 'c/d', parameters: { x: '1' } },
    { type: 'g/h', parameters: {} },
    { type: 'a/b', parameters: { q: '0.5' } },
  ]);
});
