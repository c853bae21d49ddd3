import tseslint from 'typescript-eslint';

const restrictedGlobals = [
  ['Date', 'take the time from Clock (src/base/clock.ts)'],
  ['setTimeout', 'use Clock.sleep'],
  ['setInterval', 'use Clock.sleep in a loop'],
  ['setImmediate', 'use loopTurn of src/base/clock.ts'],
  ['performance', 'use stopwatch of src/base/clock.ts'],
];
const restrictedProperties = [
  { object: 'Math', property: 'random', message: 'use Random' },
  { object: 'process', property: 'env', message: 'only cli reads the environment' },
  { object: 'process', property: 'hrtime', message: 'use stopwatch of src/base/clock.ts' },
  { object: 'AbortSignal', property: 'timeout', message: 'use Clock.sleep' },
  { object: 'crypto', property: 'randomUUID', message: 'use Random' },
  { object: 'crypto', property: 'getRandomValues', message: 'use Random' },
];

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '**/*.generated.ts', '**/*.mjs', '**/*.js'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: ['./tsconfig.json', './test/tsconfig.json'], tsconfigRootDir: new URL('../..', import.meta.url).pathname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 15],
      'max-params': ['error', 4],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/base/**'],
    rules: {
      'no-restricted-globals': ['error', ...restrictedGlobals.map(([name, message]) => ({ name, message }))],
      'no-restricted-properties': ['error', ...restrictedProperties],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'node:timers', message: 'use Clock' },
            { name: 'node:timers/promises', message: 'use Clock' },
            { name: 'node:crypto', importNames: ['randomBytes', 'randomUUID', 'randomInt', 'randomFillSync'], message: 'use Random' },
          ],
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/client/**', 'src/gitops/sources/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: "CallExpression[callee.name='fetch']", message: 'fetch only in client and gitops/sources' },
      ],
    },
  },
  { files: ['src/cli/**/*.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }], 'max-lines-per-function': 'off' },
  },
);
