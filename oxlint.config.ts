import { defineConfig, type OxlintConfig } from 'oxlint';

/** Starts a process when it is imported, so nobody does. */
const noMain = {
  regex: '(^|/)main\\.ts$',
  message: 'A main.ts starts a process when imported. Import what it uses.',
};

/** Who may use a library. */
const libraries = {
  pg: { regex: '^pg$', message: 'SQL lives in src/ledger; the schema step has src/providers/postgres.ts.' },
  bullmq: { regex: '^bullmq(/|$)', message: 'BullMQ lives in src/queue and the dashboard.' },
  'bull-board': { regex: '^@bull-board/', message: 'The dashboard lives in src/server/dashboard.' },
  'prom-client': { regex: '^prom-client$', message: 'Prometheus lives in src/metrics.' },
  opentelemetry: {
    regex: '^(@opentelemetry/|bullmq-otel$)',
    message: 'OpenTelemetry lives in src/telemetry, and where a request begins.',
  },
  express: { regex: '^(express|helmet)$', message: 'Express lives in src/server and sandbox.' },
};
type Library = keyof typeof libraries;

/** All folders of the product, and the tools beside it. */
const folders =
  'http log schema refusals providers steps ledger queue callbacks metrics telemetry api console preflight orphans commands cli worker server sandbox local demo bench'.split(
    ' ',
  );

interface Layer {
  files: string;
  mayUse?: Library[];
  /** Besides the files at the top of `src`. */
  mayImport: string;
  because: string;
}

/**
 * Which folders may import which, and which libraries: imports point one way, server and worker → steps → providers
 * → http and errors; server and worker → ledger, queue, callbacks.
 */
const layers: Layer[] = [
  {
    files: 'src/*.ts',
    mayImport: 'http log',
    because: "What everybody imports can't import a folder that imports it.",
  },
  {
    files: 'src/config.ts',
    mayImport: 'http steps',
    because: 'The steps declare their variables; nobody else does.',
  },
  {
    files: 'src/index.ts',
    mayImport: 'queue steps',
    because: 'It offers what others may build on, and nothing of server or worker.',
  },
  {
    files: 'src/main.ts',
    mayImport: 'log server steps worker',
    because: 'It starts server and worker, and nothing else.',
  },
  { files: 'src/http/**', mayImport: '', because: 'It sends requests and knows nobody who asks for them.' },
  { files: 'src/log/**', mayImport: '', because: 'It writes lines and knows nobody who does.' },
  { files: 'src/schema/**', mayImport: '', because: 'It takes SQL apart: it knows no database and no step.' },
  { files: 'src/refusals/**', mayImport: '', because: 'It explains answers: it knows nobody who gets them.' },
  {
    files: 'src/providers/**',
    mayImport: 'http',
    because: 'A provider client knows http, errors and schemas.',
  },
  {
    files: 'src/providers/postgres*.ts',
    mayUse: ['pg'],
    mayImport: 'http',
    because: 'A provider client knows http, errors and schemas.',
  },
  {
    files: 'src/steps/**',
    mayImport: 'http providers refusals schema',
    because: 'A step gets what it needs in its context: it knows no queue, no SQL, no Express.',
  },
  {
    files: 'src/ledger/**',
    mayUse: ['pg'],
    mayImport: '',
    because: 'The ledger holds SQL and knows nobody who uses it.',
  },
  {
    files: 'src/queue/**',
    mayUse: ['pg', 'bullmq'],
    mayImport: 'ledger',
    because: 'Server and worker use the queue; it knows neither.',
  },
  { files: 'src/callbacks/**', mayImport: 'http', because: 'Server and worker use it; it knows neither.' },
  {
    files: 'src/metrics/**',
    mayUse: ['prom-client'],
    mayImport: 'http ledger queue',
    because: 'Server and worker use metrics; these know what is counted, and nobody who counts.',
  },
  {
    files: 'src/telemetry/**',
    mayUse: ['opentelemetry', 'bullmq'],
    mayImport: 'callbacks http ledger log',
    because: 'Server and worker use telemetry; it knows neither.',
  },
  {
    files: 'src/console/**',
    mayImport: 'api ledger',
    because: 'A page is made of what the API answers: it asks nobody, and knows no request.',
  },
  {
    files: 'src/api/**',
    mayImport: 'ledger steps',
    because: 'Server, worker and preflight share what callers are shown: it knows the ledger and the steps.',
  },
  {
    files: 'src/preflight/**',
    mayImport: 'api refusals steps',
    because: 'It looks at the providers and nothing else: it needs no database.',
  },
  {
    files: 'src/orphans/**',
    mayImport: 'http ledger steps',
    because: 'The worker and a command of its own use it: it knows steps and ledger.',
  },
  ...Object.entries({
    keys: 'ledger',
    migrate: 'ledger queue',
    orphans: 'api ledger orphans steps',
    preflight: 'api preflight steps',
  }).map(([command, mayImport]): Layer => ({
    files: `src/commands/${command}/**`,
    mayImport: `${mayImport} commands`,
    because: 'A command is a process of its own and knows only what it shows or changes.',
  })),
  {
    files: 'src/cli/**',
    mayImport: 'api commands http',
    because: 'It knows the API over HTTP alone, so that it runs anywhere.',
  },
  ...['src/cli/doctor/**', 'src/cli/init/**'].map((files): Layer => ({
    files,
    mayImport: 'api cli commands ledger preflight queue steps',
    because: "It runs on the server's machine, and looks at what a server needs.",
  })),
  {
    files: 'src/worker/**',
    mayImport: 'api callbacks http ledger log metrics orphans preflight queue refusals steps telemetry',
    because: 'Server and worker never import each other; what both need belongs in a folder below them.',
  },
  ...['src/server/**', 'src/server/dashboard/**', 'src/server/middleware/trace-request.ts'].map(
    (files): Layer => ({
      files,
      mayUse: [
        'express',
        ...(files.includes('dashboard') ? (['bullmq', 'bull-board'] as const) : []),
        ...(files.includes('trace') ? (['opentelemetry'] as const) : []),
      ],
      mayImport: 'api callbacks console ledger log metrics queue steps telemetry',
      because: 'Server and worker never import each other; what both need belongs in a folder below them.',
    }),
  ),
  {
    files: 'sandbox/**',
    mayUse: ['express', 'pg'],
    mayImport: 'local',
    because: "The sandbox stands for other people's servers: it shares no code with what talks to them.",
  },
  {
    files: 'bench/**',
    mayUse: ['express', 'pg', 'bullmq'],
    mayImport: 'src commands http ledger local log queue server steps worker',
    because: 'The benchmark starts the product as its own mains do, and needs nothing of sandbox and demo.',
  },
  { files: 'local/**', mayUse: ['pg'], mayImport: '', because: 'Local servers know nothing of the product.' },
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

/** Matches the import of a file in any folder but these and its own. Tools know nothing of `src` at all. */
function namesAnyBut(files: string, mayImport: string): string {
  const open = new Set([...mayImport.split(' '), ...files.split('/')]);
  const closed = [...folders, ...(files.startsWith('src/') ? [] : ['src'])].filter((name) => !open.has(name));
  return `^\\.{1,2}/(.*/)?(${closed.join('|')})/`;
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
    ...layers.map(({ files, mayUse, mayImport, because }) => ({
      files: [files],
      rules: restrictImports(mayUse ?? [], { regex: namesAnyBut(files, mayImport), message: because }),
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
      files: [
        '{src,demo,sandbox}/**/main.ts',
        'bench/**',
        'local/**',
        'scripts/**',
        'test/**',
        'vitest.config.ts',
        // Read once, whichever process it is.
        'src/version.ts',
      ],
      rules: { 'node/no-process-env': 'off' },
    },
    {
      files: ['{src,sandbox,bench,test}/**/main.ts', 'demo/**', 'scripts/**'],
      rules: { 'no-console': 'off' },
    },
    { files: ['*.config.ts'], rules: { 'import/no-default-export': 'off' } },
    {
      // Plain JavaScript has no types to check.
      files: ['scripts/**', 'src/console/assets/**'],
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
