/** The text after the sample: what was made or undone, the result, the callbacks, and where to look. Pure. */
import { styleText } from 'node:util';
import { deletions } from './checks.ts';
import type { Evidence, Tables } from './evidence.ts';

/** A heading and its rows. */
export interface Section {
  readonly title: string;
  readonly rows: readonly (readonly string[])[];
}

/** Renders sections with their rows in columns. Colours only where the output is a terminal that wants them. */
export function renderSections(sections: readonly Section[]): string {
  return sections
    .map(({ title, rows }) => [styleText('bold', title), ...alignColumns(rows)].join('\n'))
    .join('\n\n');
}

/** Two spaces before and between the columns; the last one is as long as it is. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries())
      if (column < row.length - 1) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}

/** What was made: one row per step. */
export function successSections({ shown, tables, callbacks }: Evidence): Section[] {
  const resources = shown.resources.flatMap(({ kind, name, externalId, url }) => [
    [kind, name, externalId ?? ''],
    ['', url ?? ''],
    // The schema has no resource of its own: it goes with the project.
    ...(kind === 'supabase.project' ? [['database schema', describeTables(tables)]] : []),
  ]);
  return [
    {
      title: `Resources of ${shown.clientId} (made in the sandbox, so only local links open)`,
      rows: resources,
    },
    { title: 'Result', rows: Object.entries(shown.result) },
    ...warningSections(shown),
    callbackSection(callbacks),
  ];
}

/** What failed, and what was undone in which order. */
export function rollbackSections({ shown, journal, objects, callbacks }: Evidence): Section[] {
  const { failure } = shown;
  const nameOf = (id: string | undefined) =>
    shown.resources.find(({ externalId }) => externalId === id)?.name ?? '';
  return [
    {
      title: `Failure of ${shown.clientId}`,
      rows: failure === null ? [['none']] : [[failure.step, failure.code, failure.message]],
    },
    {
      title: 'Deleted at the providers, in this order',
      rows: deletions(journal).map(({ objectKind = '', objectId }, index) => [
        `${index + 1}.`,
        objectKind,
        nameOf(objectId),
        objectId ?? '',
      ]),
    },
    {
      title: 'Left at the providers',
      rows: objects.length === 0 ? [['nothing']] : objects.map(({ kind, name, id }) => [kind, name, id]),
    },
    callbackSection(callbacks),
  ];
}

/** What succeeded and will still trouble somebody. */
function warningSections({ warnings }: Evidence['shown']): Section[] {
  if (warnings.length === 0) return [];
  return [{ title: 'Warnings', rows: warnings.map(({ step, code, message }) => [step, code, message]) }];
}

function describeTables(tables: Tables | undefined): string {
  if (tables === undefined) return 'none';
  return tables.unsecured === 0
    ? `${tables.count} tables, all with row-level security`
    : `${tables.count} tables, ${tables.unsecured} without row-level security`;
}

function callbackSection(callbacks: Evidence['callbacks']): Section {
  return {
    title: 'Callbacks received',
    rows:
      callbacks.length === 0
        ? [['none']]
        : callbacks.map(({ id, type }) => [
            type ?? '(unknown)',
            type === undefined ? 'signature NOT valid' : 'signature valid',
            id,
          ]),
  };
}

export interface Places {
  readonly apiUrl: string;
  readonly adminKey: string;
  readonly controlUrl: string;
  readonly logFile: string;
  readonly self: string;
}

/** Where to look while the demo stays up. */
export function placesSections({ apiUrl, adminKey, controlUrl, logFile, self }: Places): Section[] {
  const order = JSON.stringify({
    clientId: 'globex',
    clientName: 'Globex Corporation',
    orgEmail: 'ops@globex.example',
    tier: 'professional',
  });
  return [
    {
      title: 'Look around',
      rows: [
        ['console', `${apiUrl}/`],
        ['queues', `${apiUrl}/admin/queues`],
        ['sign in with', `${adminKey}  (key of this run only)`],
        ['the sample', self],
        ['sandbox', `${controlUrl}/objects  (what exists at the providers)`],
        ['', `${controlUrl}/journal  (every request to them)`],
        ['', `${controlUrl}/  (what else can be done to them)`],
        ['log', logFile],
      ],
    },
    {
      title: 'For the command line and for curl',
      rows: [[`export PROVISIONER_URL=${apiUrl} PROVISIONER_KEY=${adminKey}`], ['npm run cli -- status']],
    },
    {
      title: 'Provision another client',
      rows: [
        [`curl -s ${apiUrl}/api/provisioning -H 'Authorization: Bearer ${adminKey}' \\`],
        [`  -H 'Content-Type: application/json' -d '${order}'`],
      ],
    },
  ];
}
