/** `plan` and `create`. */
import { provisioningShown, planShown, type ShownPlan } from '../api/answers.ts';
import { read, type Cli } from '../context.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { planOrder, sendOrder, type Order } from '../orders.ts';
import { hasEndedWell } from '../progress/outcome.ts';
import { watchProvisioning } from '../progress/watch.ts';
import type { Say } from '../say.ts';
import { describeProvisioning, describeState } from '../words.ts';
import { describeChecks } from './checks.ts';

export interface OrderOptions {
  readonly name?: string;
  readonly email?: string;
  readonly tier?: string;
  readonly callbackUrl?: string;
  readonly onFailure?: string;
}

/** Shows the resources that a client would get, and the obstacles to them. Names depend on the client id alone. */
export async function plan(cli: Cli, clientId: string, options: OrderOptions): Promise<ExitCode> {
  const { name = clientId, email = 'nobody@example.com', tier = 'starter' } = options;
  const order = orderOf(clientId, { ...options, name, email, tier });
  const answer = await planOrder(await cli.api(), order);
  const planned = read(planShown, answer);
  cli.say.document(answer.body);
  describePlan(cli.say, planned);
  return planned.ok ? exitCodes.done : exitCodes.failed;
}

function describePlan(say: Say, { clientId, takenBy, resources, preflight, ok }: ShownPlan): void {
  if (takenBy !== null)
    say.line(
      `${say.style('red', '✗')} ${clientId} is taken (${takenBy.code}): show ${takenBy.provisioningId}`,
    );
  for (const { kind, name, existing } of resources) {
    const found = existing?.map((one) => one.url ?? one.externalId).join(', ') ?? 'could not be looked for';
    say.line(found === '' ? `  would make ${kind} ${name}` : `  ${kind} ${name}: ${found}`);
  }
  describeChecks(
    say,
    preflight.checks.filter((check) => !check.ok),
  );
  say.line(
    ok ? say.style('green', 'Nothing stands in the way.') : say.style('red', 'This would not get through.'),
  );
}

export interface CreateOptions extends OrderOptions {
  readonly watch?: boolean;
  readonly idempotencyKey?: string;
}

/** Orders a client. Without `--watch` it has succeeded once the order is accepted. */
export async function create(cli: Cli, clientId: string, options: CreateOptions): Promise<ExitCode> {
  const api = await cli.api();
  const { say } = cli;
  const answer = await sendOrder(api, orderOf(clientId, options), options.idempotencyKey);
  const accepted = read(provisioningShown, answer);
  if (options.watch !== true) {
    say.document(answer.body);
    say.line(`Accepted: ${clientId}, provisioning ${accepted.id}. Follow it with: watch ${clientId}`);
    return exitCodes.done;
  }
  const { shown } = await watchProvisioning(cli, api, accepted.id);
  const isWell = hasEndedWell(shown);
  if (isWell) describeProvisioning(say, shown);
  else describeState(say, shown);
  return isWell ? exitCodes.done : exitCodes.failed;
}

/** The server says what is missing or wrong in it. */
function orderOf(clientId: string, options: OrderOptions): Order {
  const { name = '', email = '', tier = '', callbackUrl, onFailure } = options;
  return { clientId, clientName: name, orgEmail: email, tier, callbackUrl, onFailure };
}
