/** A provisioning in words, as `show` and the ends of other commands print it. */
import { textTable } from '../commands/text-table.ts';
import type { ShownProvisioning } from './api/answers.ts';
import { hasEndedWell, stateWords } from './progress/outcome.ts';
import type { Say } from './say.ts';

/** All that a person wants to know of it. */
export function describeProvisioning(say: Say, shown: ShownProvisioning): void {
  describeState(say, shown);
  say.line(`${shown.clientName}, ${shown.orgEmail}, ${shown.tier}; provisioning ${shown.id}`);
  table(
    say,
    'Steps',
    shown.steps.map(({ name, status, waitingFor, error }) => [
      name,
      status,
      waitingFor == null
        ? error == null
          ? ''
          : `${error.code}: ${error.message}`
        : `waiting for ${waitingFor}`,
    ]),
  );
  table(
    say,
    'Resources',
    shown.resources.map(({ kind, name, state, origin, url, id }) => [
      kind,
      name,
      origin === 'foreign' ? 'foreign' : state,
      url ?? '',
      id,
    ]),
  );
  table(say, 'Result', Object.entries(shown.result));
}

/** Its state; and where something is wrong, why, and what to do. */
export function describeState(say: Say, shown: ShownProvisioning): void {
  const { failure, warnings, resources, whatToDo } = shown;
  const colour = hasEndedWell(shown) ? 'green' : shown.done || shown.needsAttention ? 'red' : 'yellow';
  say.line(`${say.style('bold', shown.clientId)}  ${say.style(colour, stateWords(shown))}`);
  if (failure !== null) {
    say.line(`  ${failure.step} failed, ${failure.code}: ${failure.message}`);
    if (failure.providerText !== undefined) say.line(`  The provider says: ${failure.providerText}`);
    if (failure.whatToDo !== undefined)
      say.line(`  What to do: ${inCommands(failure.whatToDo, shown.clientId)}`);
  }
  if (whatToDo != null && whatToDo !== failure?.whatToDo)
    say.line(`  What to do: ${inCommands(whatToDo, shown.clientId)}`);
  for (const { kind, name, id, error, whatToDo: advice } of resources)
    if (advice !== undefined)
      say.line(
        `  Left: ${kind} ${name} (${id})${error === undefined ? '' : `, ${error}`}. ${inCommands(advice, shown.clientId)}`,
      );
  for (const { step, message } of warnings) say.line(`  Warning of ${step}: ${message}`);
}

/** The resources that an undo would delete. */
export function liveResources({ resources }: ShownProvisioning): string[] {
  return resources
    .filter(
      ({ origin, state }) => origin === 'created' && !['deleted', 'forgotten', 'intended'].includes(state),
    )
    .map(({ kind, name, url }) => `  ${kind}  ${name}${url == null ? '' : `  ${url}`}`);
}

function table(say: Say, title: string, rows: readonly (readonly string[])[]): void {
  if (rows.length === 0) return;
  say.line();
  say.line(say.style('bold', title));
  const header = (rows[0] ?? []).map(() => '');
  for (const line of textTable(header, rows).slice(1)) say.line(`  ${line}`);
}

/** `2026-11-26 15:04` in universal time. */
export function shortTime(time: string | null | undefined): string {
  return time == null ? '' : time.slice(0, 16).replace('T', ' ');
}

/** The API's advice with this program's commands in the place of calls: `resume acme` for `POST …/resume`. Pure. */
export function inCommands(advice: string, clientId: string): string {
  return advice
    .replaceAll(/POST …\/resources\/(\S+?)\/forget/g, `forget ${clientId} $1 --reason "<why>"`)
    .replaceAll(/POST …\/callbacks\/\{id\}\/redeliver/g, `callbacks ${clientId} --redeliver-all`)
    .replaceAll(/POST …\/(cancel|resume|rollback)\b/g, `$1 ${clientId}`);
}
