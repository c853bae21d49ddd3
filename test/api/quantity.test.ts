import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  isQuantity,
  milliValue,
  parseQuantity,
  QuantityError,
  roundedToMilli,
  subtractQuantities,
  wholeValue,
  type Quantity,
} from '../../src/api/quantity.ts';

describe('a quantity is written in one way', () => {
  test.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    [0.5, '500m'],
    [2, '2'],
    ['1Gi', '1Gi'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['100Mi', '100Mi'],
    ['1000Mi', '1000Mi'],
    ['1024', '1024'],
    ['1000', '1k'],
    ['1000k', '1M'],
    ['1e3', '1e3'],
    ['1E3', '1e3'],
    ['12e5', '1200e3'],
    ['1E', '1E'],
    ['+5', '5'],
    ['-1500m', '-1500m'],
    ['.5', '500m'],
    ['5.', '5'],
    ['0', '0'],
    ['0Mi', '0'],
    ['-0', '0'],
    ['1.5Ki', '1536'],
    ['1.0001Ki', '1024102400u'],
    ['100n', '100n'],
    ['0.1n', '1n'],
    ['99999999999999999999', '9223372036854775807'],
    [1e21, '9223372036854775807'],
    ['0.0001', '100u'],
  ])('%s becomes %s', (written, canonical) => {
    expect(canonicalQuantity(written)).toBe(canonical);
  });

  test.each(['', 'abc', '1.2.3', '1 Gi', '1gi', '1K', '--1', '.', '1e', 'm', '1mi', '1Ki2', '1e99999'])('%j is refused', (text) => {
    expect(isQuantity(text)).toBe(false);
    expect(() => parseQuantity(text)).toThrow(QuantityError);
  });
});

describe('amounts', () => {
  test('are rounded up when asked in coarser units', () => {
    expect([milliValue('1500u'), milliValue('2'), wholeValue('1.5Ki'), wholeValue('100m'), wholeValue('-1500m')]).toEqual([
      2, 2000, 1536, 1, -1,
    ]);
    expect(roundedToMilli('1500u')).toBe('2m');
  });
  test('keep the notation of the first that is not zero', () => {
    expect([
      addQuantities('1Gi', '512Mi'),
      addQuantities('0', '1Gi'),
      addQuantities('1Gi', '1k'),
      subtractQuantities('1', '1500m'),
    ]).toEqual(['1536Mi', '1Gi', '1073742824', '-500m']);
  });
});

const suffixes = ['', 'n', 'u', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-2'];
const texts = fc
  .tuple(fc.constantFrom('', '-', '+'), fc.nat(999_999), fc.option(fc.nat(9999)), fc.constantFrom(...suffixes))
  .map(([sign, whole, fraction, suffix]) => `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${suffix}`);

describe('for any quantity', () => {
  test('writing it again keeps the amount and the text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const canonical = canonicalQuantity(text);
        expect(parseQuantity(canonical).nano).toBe(parseQuantity(text).nano);
        expect(canonicalQuantity(canonical)).toBe(canonical);
        expect(canonical).not.toContain('.');
      }),
    );
  });
  test('the short way to the canonical text gives what the long way gives', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(canonicalQuantity(text)).toBe(formatQuantity(parseQuantity(text)));
      }),
    );
  });
  test('sums can be undone, and order follows them', () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(compareQuantities(subtractQuantities(addQuantities(a, b), b), a)).toBe(0);
        expect(compareQuantities(addQuantities(a, b), a)).toBe(Math.sign(Number(parseQuantity(b).nano)) || 0);
      }),
    );
  });
  test('an amount in another notation is still the same amount', () => {
    fc.assert(
      fc.property(texts, fc.constantFrom<Quantity['notation']>('decimal', 'binary', 'exponent'), (text, notation) => {
        const { nano } = parseQuantity(text);
        expect(parseQuantity(formatQuantity({ nano, notation })).nano).toBe(nano);
      }),
    );
  });
});
