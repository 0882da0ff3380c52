/** The decisions of an operator: `cancel`, `resume`, `rollback`, `offboard`, `forget`. */
import { provisioningShown, type ShownProvisioning } from '../api/answers.ts';
import { askYesNo, confirmByName } from '../ask.ts';
import { findProvisioning } from '../clients.ts';
import { read, type Cli } from '../context.ts';
import { CliError, exitCodes, usageError, type ExitCode } from '../exit.ts';
import { hasEndedWell, isUndone } from '../progress/outcome.ts';
import { watchProvisioning } from '../progress/watch.ts';
import { canAsk } from '../surroundings.ts';
import { describeState, liveResources } from '../words.ts';

export interface ActOptions {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly watch?: boolean;
}

interface Act {
  /** The last part of the path. */
  readonly verb: 'cancel' | 'resume' | 'rollback';
  /** Why it does not fit; undefined where it does. The server has the last word. */
  readonly refuse: (shown: ShownProvisioning) => string | undefined;
  /** True where what it deletes must be named first. */
  readonly needsName: (shown: ShownProvisioning) => boolean;
  readonly question: string;
  /** The state that `--watch` waits for. */
  readonly hasEnded: (shown: ShownProvisioning) => boolean;
}

const acts = {
  cancel: {
    verb: 'cancel',
    refuse: ({ done, clientId }) => (done ? `${clientId} has ended: there is nothing to cancel.` : undefined),
    needsName: () => false,
    question: 'Cancel it, and undo what it has made?',
    hasEnded: isUndone,
  },
  resume: {
    verb: 'resume',
    refuse: ({ status, clientId }) => (status === 'paused' ? undefined : `${clientId} is not paused.`),
    needsName: () => false,
    question: 'Go on from the step that failed?',
    hasEnded: hasEndedWell,
  },
  rollback: {
    verb: 'rollback',
    refuse: ({ status, rollback, clientId }) =>
      status === 'succeeded' && rollback.status === 'none'
        ? `${clientId} works. To delete its whole stack: offboard ${clientId}`
        : undefined,
    needsName: ({ status }) => status === 'paused',
    question: 'Take the rollback up again?',
    hasEnded: isUndone,
  },
  offboard: {
    verb: 'rollback',
    refuse: ({ status, clientId }) =>
      status === 'succeeded' ? undefined : `${clientId} has no stack that works. Use cancel or rollback.`,
    needsName: () => true,
    question: '',
    hasEnded: isUndone,
  },
} satisfies Record<string, Act>;

/** Shows what it would do, has it confirmed, and asks the server for it. */
export async function act(
  cli: Cli,
  name: keyof typeof acts,
  client: string,
  options: ActOptions,
): Promise<ExitCode> {
  const api = await cli.api();
  const { say, surroundings } = cli;
  const { verb, refuse, needsName, question, hasEnded }: Act = acts[name];
  const { shown } = await findProvisioning(api, client);
  const refusal = refuse(shown);
  if (refusal !== undefined) throw new CliError(exitCodes.conflict, refusal);
  if (needsName(shown))
    await confirmByName(
      surroundings,
      { clientId: shown.clientId, given: options.confirm, lines: whatIsDeleted(shown) },
      say.remark,
    );
  else await confirmSimply(cli, question, options);
  const answer = await api.call({
    method: 'POST',
    path: `/api/provisioning/${shown.id}/${verb}`,
    body: {
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(name === 'offboard' ? { confirm: shown.clientId } : {}),
    },
  });
  if (options.watch !== true) {
    say.document(answer.body);
    describeState(say, read(provisioningShown, answer));
    say.line(`Begun. Follow it with: watch ${shown.clientId}`);
    return exitCodes.done;
  }
  const last = await watchProvisioning(cli, api, shown.id);
  describeState(say, last.shown);
  return hasEnded(last.shown) ? exitCodes.done : exitCodes.failed;
}

function whatIsDeleted(shown: ShownProvisioning): string[] {
  const live = liveResources(shown);
  if (live.length === 0) return [`Nothing of ${shown.clientId} is left at the providers.`];
  return [`This deletes for good, with all data in it, of ${shown.clientId} (${shown.clientName}):`, ...live];
}

async function confirmSimply(cli: Cli, question: string, { yes = false }: ActOptions): Promise<void> {
  if (yes || !canAsk(cli.surroundings)) return;
  if (!(await askYesNo(cli.surroundings, question)))
    throw new CliError(exitCodes.failed, 'Nothing was done.');
}

/** Takes a resource off the list by hand. It is named by its id, its kind, its name or the provider's id. */
export async function forget(
  cli: Cli,
  client: string,
  resource: string,
  options: { readonly reason: string; readonly confirm?: string },
): Promise<ExitCode> {
  const api = await cli.api();
  const { shown } = await findProvisioning(api, client);
  const named = shown.resources.filter(({ id, kind, name, externalId }) =>
    [id, kind, name, externalId].includes(resource),
  );
  const [one, ...others] = named;
  if (one === undefined)
    throw new CliError(
      exitCodes.notFound,
      `${shown.clientId} has no resource "${resource}". See: show ${client}`,
    );
  if (others.length > 0) throw usageError(`"${resource}" names several resources: give the id.`);
  const lines = [
    `This takes ${one.kind} ${one.name} (${one.state}) off the list: no rollback will delete it.`,
    ...(one.url == null ? [] : [`  ${one.url}`]),
  ];
  const confirmation = { clientId: shown.clientId, given: options.confirm, lines };
  await confirmByName(cli.surroundings, confirmation, cli.say.remark);
  const answer = await api.call({
    method: 'POST',
    path: `/api/provisioning/${shown.id}/resources/${one.id}/forget`,
    body: { reason: options.reason },
  });
  cli.say.document(answer.body);
  cli.say.line(`Forgotten: ${one.kind} ${one.name}.`);
  return exitCodes.done;
}
