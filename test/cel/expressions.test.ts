import { describe, expect, test } from 'vitest';
import { compileProgram } from '../../src/cel/program.ts';
import { evaluated, testLibrary } from './expressions.ts';

const self = {
  name: 'web',
  replicas: 3,
  minReplicas: 2,
  maxReplicas: 5,
  names: ['a', 'b', 'c'],
  ports: [
    { name: 'http', port: 80 },
    { name: 'https', port: 443 },
  ],
  labels: { app: 'web', tier: 'front' },
  empty: [],
  nothing: null,
};

/** Expressions over `self`, most from the Kubernetes documentation (validation rules, CEL in Kubernetes), with what they give. */
const cases: readonly (readonly [group: string, expressions: Readonly<Record<string, unknown>>])[] = [
  [
    'rules of the documentation',
    {
      'self.minReplicas <= self.replicas && self.replicas <= self.maxReplicas': true,
      "'app' in self.labels": true,
      "'red' in self.labels": false,
      "self.labels['app'] == 'web'": true,
      "self.ports.exists(p, p.name == 'http')": true,
      'self.ports.all(p, p.port > 0 && p.port < 65536)': true,
      'self.ports.exists_one(p, p.port == 443)': true,
      'self.ports.map(p, p.port)': [80, 443],
      'self.ports.map(p, p.port > 100, p.name)': ['https'],
      "self.ports.filter(p, p.name.startsWith('https')).size() == 1": true,
      'size(self.names) == 3': true,
      'self.names.isSorted()': true,
      "self.labels.all(key, key.startsWith('t') || key == 'app')": true,
      "self.name.matches('^[a-z]+$')": true,
      "has(self.name) && self.name != ''": true,
      'has(self.missing)': false,
      '!has(self.missing) || self.missing > 1': true,
      'self.missing': 'error: no such key: missing',
      "self.nothing == null ? 'none' : 'some'": 'none',
      'self.names[0] + self.names[2]': 'ac',
      'self.names[3]': 'error: index out of bounds: 3',
      'self.empty == []': true,
      "[1, 2, 3].exists(x, x > 2) ? 'yes' : 'no'": 'yes',
      "self.name.size() < 64 && self.name.contains('e')": true,
      'self.replicas % 2 == 1': true,
    },
  ],
  [
    'numbers',
    {
      '1 + 2 * 3 - 4 / 2': 5,
      '-7 / 2': -3,
      '-7 % 2': -1,
      '7.0 / 2.0': 3.5,
      '1 < 1.5 && 2u > 1': true,
      '1 == 1.0': expect.stringContaining("found no matching overload for '_==_' applied to '(int, double)'"),
      'dyn(1) == dyn(1.0)': true,
      '1 / 0': 'error: division by zero',
      '1 % 0': 'error: modulus by zero',
      '9223372036854775807 + 1': 'error: integer overflow',
      '0u - 1u': 'error: unsigned integer overflow',
      "int('42') + int(3.9)": 45,
      "int('x')": "error: type conversion error from 'string' to 'int'",
      "double('2.5') + double(1)": 3.5,
      'uint(3)': '3u',
      '0x1F': 31,
      '1.0 / 0.0': '+Inf',
    },
  ],
  [
    'texts',
    {
      "'abc'.charAt(1)": 'b',
      "'tacocat'.indexOf('ac')": 1,
      "'tacocat'.indexOf('a', 3)": 5,
      "'tacocat'.lastIndexOf('at')": 5,
      "'TacoCÆt'.lowerAscii()": 'tacocÆt',
      "'tacocat'.upperAscii()": 'TACOCAT',
      "'hello hello'.replace('he', 'we')": 'wello wello',
      "'hello hello'.replace('he', 'we', 1)": 'wello hello',
      "'hello hello hello'.split(' ')": ['hello', 'hello', 'hello'],
      "'hello hello hello'.split(' ', 2)": ['hello', 'hello hello'],
      "'tacocat'.substring(4)": 'cat',
      "'tacocat'.substring(0, 4)": 'taco',
      "'tacocat'.substring(5, 1)": 'error: invalid substring range. start: 5, end: 1',
      "'  trim '.trim()": 'trim',
      "['a', 'b'].join('-')": 'a-b',
      "['a', 'b'].join()": 'ab',
      "'%s has %d of %.2f'.format(['web', 3, 1.5])": 'web has 3 of 1.50',
      "'%x %b %o %%'.format([255, 5, 8])": 'ff 101 10 %',
      "strings.quote('a\"b')": '"a\\"b"',
      "'ñandú'.size()": 5,
      "string(true) + string(1) + string(2.5) + string(b'x')": 'true12.5x',
      "r'a\\b' == 'a\\\\b'": true,
      "'a' < 'b'": true,
      "'a'.startsWith(1)": expect.stringContaining("found no matching overload for 'startsWith' applied to 'string.(int)'"),
    },
  ],
  [
    'patterns',
    {
      "'abc 123 def 456'.find('[0-9]+')": '123',
      "'abc'.find('[0-9]+')": '',
      "'123 abc 456'.findAll('[0-9]+')": ['123', '456'],
      "'123 abc 456 789'.findAll('[0-9]+', 2)": ['123', '456'],
      "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('(a+)+$')": false,
      "self.name.matches('[')": expect.stringContaining('invalid matches argument'),
    },
  ],
  [
    'lists and sets',
    {
      '[1, 3, 2].isSorted()': false,
      '[1, 3].sum()': 4,
      '[1.5, 2.5].sum()': 4,
      "['b', 'a'].min()": 'a',
      '[3, 1].max()': 3,
      '[1, 2, 2, 3].indexOf(2)': 1,
      '[1, 2, 2, 3].lastIndexOf(2)': 2,
      '[1, 2] + [3]': [1, 2, 3],
      'sets.contains([1, 2, 3], [2])': true,
      'sets.equivalent([1, 2, 2], [2, 1])': true,
      'sets.intersects([1], [2])': false,
      '2 in [1, 2]': true,
      "[1, 'a']": expect.stringContaining("expected type 'int' but found 'string'"),
      '[[1], [2]][1][0]': 2,
      '[1, 2].first().value() + [1, 2].last().value()': 3,
    },
  ],
  [
    'macros of two variables',
    {
      '[10, 20].all(i, v, v == (i + 1) * 10)': true,
      "{'a': 1, 'b': 2}.exists(k, v, k == 'b' && v == 2)": true,
      '[1, 1].existsOne(i, v, i == 1)': true,
      '[1, 2, 3].transformList(i, v, v * i)': [0, 2, 6],
      '[1, 2, 3].transformList(i, v, i > 0, v)': [2, 3],
      "{'a': 1, 'b': 2}.transformMap(k, v, v + 1)": { a: 2, b: 3 },
      "{'a': 1}.transformMap(k, v, v > 1, v)": {},
      "{'a': 'x'}.transformMapEntry(k, v, {v: k})": { x: 'a' },
    },
  ],
  [
    'optionals',
    {
      'optional.of(1).hasValue()': true,
      'optional.none().hasValue()': false,
      'optional.ofNonZeroValue(0).orValue(5)': 5,
      'self.?name.orValue("x")': 'web',
      'self.?missing.orValue("x")': 'x',
      "self.labels[?'app'].orValue('none')": 'web',
      "self.labels[?'red'].orValue('none')": 'none',
      'self.names[?7].hasValue()': false,
      'self.?missing.deeper.hasValue()': false,
      'optional.of(2).optMap(x, x * 2).value()': 4,
      'optional.none().optFlatMap(x, optional.of(x)).hasValue()': false,
      'optional.none().value()': 'error: optional.none() dereference',
      'optional.none().or(optional.of(3)).value()': 3,
    },
  ],
  [
    'times',
    {
      "timestamp('2024-02-29T12:30:00Z').getFullYear()": 2024,
      "timestamp('2024-02-29T12:30:00Z').getMonth()": 1,
      "timestamp('2024-02-29T12:30:00Z').getDate()": 29,
      "timestamp('2024-02-29T12:30:00Z').getDayOfMonth()": 28,
      "timestamp('2024-02-29T12:30:00Z').getDayOfYear()": 59,
      "timestamp('2024-02-29T12:30:00Z').getDayOfWeek()": 4,
      "timestamp('2024-02-29T23:30:00Z').getHours('+02:00')": 1,
      "timestamp('2024-07-01T12:00:00Z').getHours('Europe/Berlin')": 14,
      "timestamp('2024-01-01T00:00:00Z') + duration('36h') == timestamp('2024-01-02T12:00:00Z')": true,
      "timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00Z') == duration('24h')": true,
      "duration('1h30m').getMinutes()": 90,
      "string(duration('1500ms'))": '1.5s',
      "duration('1h') > duration('59m')": true,
      "timestamp('x')": expect.stringContaining('invalid timestamp argument'),
      "duration('1 day')": expect.stringContaining('invalid duration argument'),
    },
  ],
  [
    'quantities',
    {
      "quantity('1.5Gi').isGreaterThan(quantity('1Gi'))": true,
      "quantity('200M').compareTo(quantity('0.2G'))": 0,
      "quantity('50k').add(20).sub(quantity('20')).asInteger()": 50_000,
      "quantity('500m').isInteger()": false,
      "quantity('500m').asInteger()": 'error: cannot convert value to integer',
      "quantity('500m').asApproximateFloat()": 0.5,
      "quantity('-1').sign()": -1,
      "isQuantity('1.3Gi') && !isQuantity('1,3Gi')": true,
      "quantity('x') == quantity('1')": expect.stringContaining('error: quantities must match'),
    },
  ],
  [
    'addresses and URLs',
    {
      "isIP('127.0.0.1') && !isIP('127.0.0.256')": true,
      "ip('2001:db8::abcd').family()": 6,
      "ip.isCanonical('2001:DB8::ABCD')": false,
      "ip('127.0.0.1').isLoopback() && ip('0.0.0.0').isUnspecified()": true,
      "ip('fe80::1').isLinkLocalUnicast() && ip('224.0.0.1').isLinkLocalMulticast()": true,
      "ip('192.168.0.1').isGlobalUnicast()": true,
      "ip('1::2') == ip('1:0::2')": true,
      "cidr('192.168.0.0/16').containsIP('192.168.3.4')": true,
      "cidr('192.168.0.0/16').containsCIDR('192.168.10.0/24')": true,
      "cidr('192.168.0.0/16').containsCIDR(cidr('192.0.0.0/8'))": false,
      "string(cidr('192.168.3.4/16').masked())": '192.168.0.0/16',
      "cidr('2001:db8::/32').prefixLength()": 32,
      "isCIDR('10.0.0.0/33')": false,
      "ip('x')": expect.stringContaining('error: IP Address "x" parse error'),
      "url('https://example.com:8080/a b?k=v&k=w').getEscapedPath()": '/a%20b',
      "url('https://example.com:8080/?k=v&k=w').getQuery()": { k: ['v', 'w'] },
      "url('https://example.com:8080/').getPort() + url('https://[::1]:80/').getHostname()": '8080::1',
      "isURL('/absolute') && !isURL('example.com')": true,
      "url('x')": expect.stringContaining('error: URL parse error'),
    },
  ],
  [
    'formats and versions',
    {
      "format.dns1123Label().validate('my-label').hasValue()": false,
      "format.dns1123Label().validate('My_Label').value()": ['no label'],
      "format.named('dns1123Label').value().validate('a').hasValue()": false,
      "format.named('nothing').hasValue()": false,
      "semver('1.2.3').compareTo(semver('1.2.3-rc.1'))": 1,
      "semver('1.10.0').isGreaterThan(semver('1.9.9'))": true,
      "isSemver('1.2') || isSemver('v1.0.0')": false,
      "semver('v1.2', true).minor()": 2,
    },
  ],
  [
    'types and errors',
    {
      'type(1) == int && type(1.0) == double && type("") == string': true,
      'type([]) == list && type({}) == map && type(null) == null_type': true,
      "type(timestamp('2024-01-01T00:00:00Z')) == google.protobuf.Timestamp": true,
      'true || 1 / 0 == 1': true,
      '1 / 0 == 1 || true': true,
      'false && missing': expect.stringContaining("undeclared reference to 'missing' (in container '')"),
      'self.name + 1': 'error: no such overload',
      '[1, 0].exists(x, 1 / x == 1)': true,
      '[0, 1].all(x, 1 / x == 1)': 'error: division by zero',
      '{"a": 1, "a": 2}': 'error: failed with repeated key: a',
      '(1).all(x, true)': expect.stringContaining("expression of type 'int' cannot be range of a comprehension"),
      'nope(1)': expect.stringContaining("undeclared reference to 'nope' (in container '')"),
      '1 +': expect.stringContaining('Syntax error'),
      'has(self)': expect.stringContaining('invalid argument to has() macro'),
    },
  ],
];

describe.each(cases)('%s', (_group, expressions) => {
  test.each(Object.entries(expressions))('%s', (text, wanted) => {
    expect(evaluated(text, { self })).toEqual(wanted);
  });
});

describe('an expression without end', () => {
  test.each([
    ['operators in a row', `true${' && true'.repeat(9000)}`],
    ['signs before a value', `${'!'.repeat(15_000)}true`],
    ['parentheses', `${'('.repeat(5000)}1${')'.repeat(5000)}`],
    ['fields of fields', `self${'.a'.repeat(10_000)}`],
  ])('is refused: %s', (_name, text) => {
    expect(evaluated(text, { self })).toEqual(expect.stringMatching(/recursion limit|Exceeded maxDepth/));
  });
});

describe('what an expression costs', () => {
  const costOf = (text: string): number => {
    const program = compileProgram(text, { variables: new Map(), library: testLibrary(), result: 'dyn' });
    if ('problem' in program) throw new Error(program.problem);
    return program.run({}, 1_000_000).cost;
  };
  test.each([
    ['1 + 2', 1],
    ['[1, 2, 3]', 10],
    ["{'a': 1}", 30],
    ["'abc'.startsWith('a')", 1],
    ["'aaaaaaaaaaaaaaaaaaaa'.contains('aaaaaaaaaa')", 2],
  ])('%s: %d', (text, cost) => {
    expect(costOf(text)).toBe(cost);
  });

  const hostile = 'abcdefghij'.repeat(10_000);
  test.each([
    ['loops in loops', "self.split('').all(a, self.split('').all(b, a != '' && b != ''))"],
    ['loops that make lists', "self.split('').map(a, self.split('').map(b, b))"],
    ['a pattern again and again', "self.split('').all(a, !self.matches('(a|b|c)*x(a|b)*y$'))"],
    ['texts that grow', "self.split('').map(a, self.replace('a', self)).size() > 0"],
    ['comparing what is large', "self.split('').all(a, self.split('') == self.split(''))"],
    ['joining what is large', "self.split('').map(a, self).join(self).size() > 0"],
  ])('is bounded for %s', (_name, text) => {
    expect(evaluated(text, { self: hostile })).toBe('exceeded');
  });
});
