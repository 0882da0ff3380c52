import { defineConfig, type OxlintConfig } from 'oxlint';

/** Starts a process when it is imported, so nobody does. */
const noMain = {
  regex: '(^|/)main\\.ts$',
  message: 'A main.ts starts a process when imported. Import what it uses.',
};

/** Who may use a library. */
const libraries = {
  pg: { regex: '^pg$', message: 'SQL lives in src/ledger; the schema step has src/providers/postgres.ts.' },
  bullmq: { regex: '^bullmq(/|$)', message: 'BullMQ lives in src/queue, src/worker and the dashboard.' },
  'bull-board': { regex: '^@bull-board/', message: 'The dashboard lives in src/server/dashboard.' },
  'prom-client': { regex: '^prom-client$', message: 'Prometheus lives in src/metrics.' },
  opentelemetry: {
    regex: '^(@opentelemetry/|bullmq-otel$)',
    message: 'OpenTelemetry lives in src/telemetry, and where a request begins.',
  },
  express: { regex: '^(express|helmet)$', message: 'Express lives in src/server and src/sandbox.' },
};
type Library = keyof typeof libraries;

interface Layer {
  files: string;
  mayUse?: Library[];
  mayNotImport: string;
  because: string;
}

/**
 * Which folders may import which, and which libraries: imports point one way, server and worker → steps → providers
 * → http and errors; server and worker → ledger, queue, webhooks.
 */
const layers: Layer[] = [
  {
    files: 'src/*.ts',
    mayNotImport: 'orphans preflight server worker queue ledger webhooks sandbox local demo',
    because: "What everybody imports can't import a folder that imports it.",
  },
  {
    files: 'src/main.ts',
    mayNotImport: 'orphans preflight queue ledger providers webhooks sandbox local demo',
    because: 'It starts server and worker, and nothing else.',
  },
  {
    files: 'src/providers/**',
    mayNotImport:
      'api keys metrics telemetry orphans preflight steps ledger queue worker server webhooks sandbox local demo',
    because: 'A provider client knows http, errors and schemas.',
  },
  {
    files: 'src/providers/postgres*.ts',
    mayUse: ['pg'],
    mayNotImport:
      'api keys metrics telemetry orphans preflight steps ledger queue worker server webhooks sandbox local demo',
    because: 'A provider client knows http, errors and schemas.',
  },
  {
    files: 'src/steps/**',
    mayNotImport:
      'api keys metrics telemetry orphans preflight ledger queue worker server webhooks sandbox local demo',
    because: 'A step gets what it needs in its context: it knows no queue, no SQL, no Express.',
  },
  {
    files: 'src/schema/**',
    mayNotImport:
      'api keys metrics telemetry orphans preflight steps providers ledger queue worker server webhooks sandbox local demo',
    because: 'It reads files and takes SQL apart: it knows no database and no step.',
  },
  {
    files: 'src/ledger/**',
    mayUse: ['pg'],
    mayNotImport:
      'api keys metrics telemetry orphans preflight steps providers queue worker server webhooks sandbox local demo',
    because: 'The ledger holds SQL and knows nobody who uses it.',
  },
  {
    files: 'src/api/**',
    mayNotImport: 'orphans keys metrics telemetry providers queue worker server webhooks sandbox local demo',
    because:
      'Server, worker and preflight share what is shown to callers: it knows the ledger and the steps.',
  },
  {
    files: 'src/queue/**',
    mayUse: ['pg', 'bullmq'],
    mayNotImport: 'orphans preflight providers worker server webhooks sandbox local demo',
    because: 'Server and worker use the queue; it knows neither.',
  },
  {
    files: 'src/metrics/**',
    mayUse: ['prom-client'],
    mayNotImport: 'orphans steps providers worker server webhooks sandbox local demo',
    because: 'Server and worker use metrics; these know what is counted, and nobody who counts.',
  },
  {
    files: 'src/telemetry/**',
    mayUse: ['opentelemetry', 'bullmq'],
    mayNotImport: 'orphans steps providers worker server sandbox local demo',
    because: 'Server and worker use telemetry; it knows neither.',
  },
  {
    files: 'src/webhooks/**',
    mayNotImport: 'orphans preflight steps providers queue worker server sandbox local demo',
    because: 'Server and worker use webhooks; these know neither.',
  },
  {
    files: 'src/orphans/**',
    mayNotImport: 'preflight server worker queue webhooks sandbox local demo',
    because: 'The worker and a command of its own use it: it knows steps and ledger.',
  },
  {
    files: 'src/keys/**',
    mayNotImport: 'orphans steps providers queue worker server webhooks sandbox local demo',
    because: 'A command of its own and the server use it: it knows the ledger.',
  },
  {
    files: 'src/preflight/**',
    mayNotImport: 'orphans providers server worker queue ledger webhooks sandbox local demo',
    because: 'It looks at the providers and nothing else: it knows steps, and needs no database.',
  },
  {
    files: 'src/worker/**',
    mayUse: ['bullmq'],
    mayNotImport: 'server sandbox local demo',
    because: 'Server and worker never import each other; what both need belongs in a folder below them.',
  },
  {
    files: 'src/server/**',
    mayUse: ['express'],
    mayNotImport: 'orphans preflight worker sandbox local demo',
    because: 'Server and worker never import each other; what both need belongs in a folder below them.',
  },
  {
    files: 'src/server/dashboard{*,/**}',
    mayUse: ['express', 'bullmq', 'bull-board'],
    mayNotImport: 'orphans preflight worker sandbox local demo',
    because: 'Server and worker never import each other; what both need belongs in a folder below them.',
  },
  {
    files: 'src/server/middleware/trace-request.ts',
    mayUse: ['express', 'opentelemetry'],
    mayNotImport: 'orphans worker sandbox local demo',
    because: 'Server and worker never import each other; what both need belongs in a folder below them.',
  },
  {
    files: 'src/sandbox/**',
    mayUse: ['express', 'pg'],
    mayNotImport: 'orphans preflight server worker queue ledger steps providers webhooks demo',
    because: "The sandbox stands for other people's servers: it shares no code with what talks to them.",
  },
  {
    files: 'src/local/**',
    mayUse: ['pg'],
    mayNotImport: 'orphans preflight server worker queue ledger steps providers webhooks sandbox demo',
    because: 'Local servers know nothing of the product.',
  },
];

type Rules = NonNullable<OxlintConfig['rules']>;

interface Pattern {
  regex: string;
  message: string;
}

/** The rule for files that may use these libraries; a later rule for the same file replaces an earlier one. */
function restrictImports(mayUse: Library[], ...patterns: Pattern[]): Rules {
  const others = Object.entries(libraries).filter(([name]) => !mayUse.some((allowed) => allowed === name));
  const closed = others.map(([, pattern]) => pattern);
  return { 'no-restricted-imports': ['error', { patterns: [noMain, ...patterns, ...closed] }] };
}

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'node', 'promise', 'vitest'],
  options: { typeAware: true, denyWarnings: true },
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  rules: {
    // Off, with the reason.
    'no-await-in-loop': 'off', // Steps, attempts and polls come one after the other on purpose.
    'oxc/no-map-spread': 'off', // Copying is clearer than changing, and these lists are short.
    'promise/always-return': 'off', // For promises nobody awaits there is no-floating-promises.
    'unicorn/consistent-function-scoping': 'off', // A helper stands next to what it helps.
    'import/no-named-as-default-member': 'off', // Express is used as its documentation shows.
    'oxc/no-async-endpoint-handlers': 'off', // Express 5 passes a rejection on to the error handler.

    eqeqeq: ['error', 'always', { null: 'ignore' }],
    'max-lines': ['error', { max: 500 }],
    'no-console': 'error',
    'no-else-return': 'error',
    'no-empty': 'error',
    'no-eval': 'error',
    'no-param-reassign': 'error',
    'no-var': 'error',
    'object-shorthand': 'error',
    'prefer-const': 'error',
    'prefer-template': 'error',
    radix: 'error',

    'import/no-commonjs': 'error',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'import/no-duplicates': 'error',
    'import/no-mutable-exports': 'error',
    'node/no-process-env': 'error',

    'typescript/array-type': 'error',
    'typescript/ban-ts-comment': 'error',
    'typescript/consistent-type-definitions': 'error',
    'typescript/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    'typescript/no-deprecated': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/no-unsafe-argument': 'error',
    'typescript/no-unsafe-assignment': 'error',
    'typescript/no-unsafe-call': 'error',
    'typescript/no-unsafe-member-access': 'error',
    'typescript/no-unsafe-return': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/prefer-includes': 'error',
    'typescript/prefer-nullish-coalescing': ['error', { ignorePrimitives: { boolean: true, string: true } }],
    'typescript/prefer-promise-reject-errors': 'error',
    'typescript/restrict-plus-operands': 'error',
    'typescript/return-await': ['error', 'error-handling-correctness-only'],
    'typescript/strict-boolean-expressions': ['error', { allowNullableBoolean: true, allowNumber: false }],
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/use-unknown-in-catch-callback-variable': 'error',

    'unicorn/error-message': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'unicorn/no-abusive-eslint-disable': 'error',
    'unicorn/no-typeof-undefined': 'error',
    'unicorn/prefer-at': 'error',
    'unicorn/prefer-node-protocol': 'error',
    'unicorn/throw-new-error': 'error',

    'vitest/no-disabled-tests': 'error',
    'vitest/no-focused-tests': 'error',
    'vitest/no-identical-title': 'error',
    'vitest/valid-expect': ['error', { maxArgs: 2 }], // The second says what was expected, in words.
  },
  overrides: [
    { files: ['src/**'], rules: restrictImports([]) },
    ...layers.map(({ files, mayUse = [], mayNotImport, because }) => ({
      files: [files],
      rules: restrictImports(mayUse, {
        regex: `^\\.{1,2}/(.*/)?(${mayNotImport.replaceAll(' ', '|')})/`,
        message: because,
      }),
    })),
    {
      files: ['test/**'],
      rules: {
        'no-restricted-imports': ['error', { patterns: [noMain] }],
        // A test reads an answer by the fields that it then checks.
        'typescript/no-unsafe-type-assertion': 'off',
      },
    },
    {
      // The edges: whoever starts a process reads its environment and hands it on.
      files: ['src/**/main.ts', 'src/local/**', 'scripts/**', 'test/**', 'vitest.config.ts'],
      rules: { 'node/no-process-env': 'off' },
    },
    {
      files: ['src/**/main.ts', 'test/**/main.ts', 'src/demo/**', 'scripts/**'],
      rules: { 'no-console': 'off' },
    },
    { files: ['*.config.ts'], rules: { 'import/no-default-export': 'off' } },
    {
      // Plain JavaScript has no types to check.
      files: ['scripts/**'],
      rules: {
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-return': 'off',
        'typescript/strict-boolean-expressions': 'off',
      },
    },
  ],
});
