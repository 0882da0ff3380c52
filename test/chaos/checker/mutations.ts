/** What each request that may change something at a provider is about, told from its method, path and body alone. */
import type { JournalEntry } from '../../../sandbox/journal.ts';
import { markedProvisioning, type Named } from './names.ts';
import { field, listField, textField } from './read.ts';

export interface Mutation {
  readonly entry: JournalEntry;
  /** When it came in, in milliseconds since the epoch. */
  readonly at: number;
  readonly verb: 'create' | 'change' | 'delete' | 'unknown';
  readonly kind: Named | undefined;
  /** The object that it is about, where the request names it by its id. */
  readonly targetId?: string | undefined;
  /** The name that it gives, or goes by. */
  readonly name?: string | undefined;
  /** The provisioning that its body names: by a mark, a variable or a node. */
  readonly marked?: string | undefined;
  /** The whole mark, with its nonce. */
  readonly mark?: string | undefined;
  /** The name of its effect in the ledger. Undefined: it depends on the object, which goes by its name. */
  readonly effect?: string | undefined;
}

type About = Omit<Mutation, 'entry' | 'at'>;
type Reader = (body: unknown, first: string) => About;

const deletion =
  (kind: Named): Reader =>
  (_, id) => ({ verb: 'delete', kind, targetId: id, effect: `delete ${kind} ${id}` });

const switching =
  (act: 'publish' | 'unpublish', verb: 'publish' | 'activate'): Reader =>
  (_, id) => ({
    verb: 'change',
    kind: 'n8n.workflow',
    targetId: id,
    effect: `${act} workflow ${id} (${verb})`,
  });

const creation = (kind: Named, more: Omit<About, 'verb' | 'kind' | 'effect'>): About => ({
  verb: 'create',
  kind,
  effect: `create ${kind}`,
  ...more,
});

const readers: readonly (readonly [RegExp, Reader])[] = [
  [/^POST \/v1\/projects$/, (body) => creation('supabase.project', { name: textField(body, 'name') })],
  [/^DELETE \/v1\/projects\/([^/]+)$/, deletion('supabase.project')],
  [
    /^POST \/v1\/projects\/([^/]+)\/database\/query$/,
    (_, ref) => ({
      verb: 'change',
      kind: 'supabase.project',
      targetId: ref,
      effect: 'apply template schema',
    }),
  ],
  [
    /^POST \/repos\/[^/]+\/[^/]+\/generate$/,
    (body) => {
      const description = textField(body, 'description');
      const mark = /prov-[0-9a-f-]+/.exec(description ?? '')?.[0];
      const name = textField(body, 'name');
      return creation('github.repository', { name, mark, marked: markedProvisioning(description) });
    },
  ],
  [
    /^DELETE \/repos\/[^/]+\/([^/]+)$/,
    (_, name) => ({ verb: 'delete', kind: 'github.repository', name: decodeURIComponent(name) }),
  ],
  [/^DELETE \/repositories\/([^/]+)$/, deletion('github.repository')],
  [
    /^POST \/v11\/projects$/,
    (body) =>
      creation('vercel.project', {
        name: textField(body, 'name'),
        marked: variable(body, 'PROVISIONING_ID'),
      }),
  ],
  [/^DELETE \/v9\/projects\/([^/]+)$/, deletion('vercel.project')],
  [
    /^POST \/v13\/deployments$/,
    (body) => {
      const mark = textField(body, 'meta', 'provisioningMark');
      const targetId = textField(body, 'project');
      const marked = markedProvisioning(mark);
      return {
        verb: 'change',
        kind: 'vercel.project',
        targetId,
        mark,
        marked,
        effect: 'deploy to production',
      };
    },
  ],
  [
    /^POST \/api\/v1\/workflows$/,
    (body) =>
      creation('n8n.workflow', {
        name: textField(body, 'name'),
        marked: listField(body, 'nodes')
          .map((node) => markedProvisioning(field(node, 'id')))
          .find((id) => id !== undefined),
      }),
  ],
  [/^DELETE \/api\/v1\/workflows\/([^/]+)$/, deletion('n8n.workflow')],
  [/^POST \/api\/v1\/workflows\/([^/]+)\/publish$/, switching('publish', 'publish')],
  [/^POST \/api\/v1\/workflows\/([^/]+)\/activate$/, switching('publish', 'activate')],
  [/^POST \/api\/v1\/workflows\/([^/]+)\/unpublish$/, switching('unpublish', 'publish')],
  [/^POST \/api\/v1\/workflows\/([^/]+)\/deactivate$/, switching('unpublish', 'activate')],
];

/** In the order in which they came in. */
export function mutationsIn(journal: readonly JournalEntry[]): Mutation[] {
  return journal
    .filter((entry) => mayChange(entry))
    .map((entry) => ({ entry, at: Date.parse(entry.receivedAt), ...readMutation(entry) }))
    .toSorted((a, b) => (a.at === b.at ? a.entry.sequence - b.entry.sequence : a.at - b.at));
}

function mayChange({ method, path, requestBody }: JournalEntry): boolean {
  if (method === 'GET' || method === 'HEAD' || path.startsWith('/webhook/')) return false;
  return !(path.includes('/database/query') && field(requestBody, 'read_only') === true);
}

function readMutation({ method, path, requestBody }: JournalEntry): About {
  const line = `${method} ${path.replace(/\?.*$/s, '').replace(/\/$/, '')}`;
  for (const [pattern, read] of readers) {
    const match = pattern.exec(line);
    if (match !== null) return read(requestBody, match[1] ?? '');
  }
  return { verb: 'unknown', kind: undefined };
}

function variable(body: unknown, key: string): string | undefined {
  const found = listField(body, 'environmentVariables').find((one) => field(one, 'key') === key);
  return textField(found, 'value');
}
