/** The form of a new client: its plan, and its run. */
import { randomUUID } from 'node:crypto';
import type { Router } from 'express';
import { provisioningAnswer } from '../../api/answers.ts';
import { planAnswer } from '../../api/preflight.ts';
import { emptyForm, newClientPage } from '../../console/pages/new-client.ts';
import { Problem } from '../problem.ts';
import { fieldErrors, fieldsOf, textOf, type Site } from './visit.ts';

export function addNewClient(router: Router, { visit, form }: Site): void {
  router.get(
    '/clients/new',
    visit(async ({ context }) =>
      newClientPage(await context(), {
        form: emptyForm,
        errors: {},
        problem: undefined,
        plan: undefined,
        key: randomUUID(),
      }),
    ),
  );

  router.post(
    '/clients/new',
    form,
    visit(async ({ request, response, api, context }) => {
      const sent = fieldsOf(request);
      const given = {
        clientId: textOf(sent['clientId']).trim(),
        clientName: textOf(sent['clientName']).trim(),
        orgEmail: textOf(sent['orgEmail']).trim(),
        tier: textOf(sent['tier']),
        onFailure: textOf(sent['onFailure']),
        callbackUrl: textOf(sent['callbackUrl']).trim(),
      };
      const { callbackUrl, ...rest } = given;
      const body = callbackUrl === '' ? rest : given;
      const show = async (data: Partial<Parameters<typeof newClientPage>[1]>) =>
        newClientPage(await context(), {
          form: given,
          errors: {},
          problem: undefined,
          plan: undefined,
          key: randomUUID(),
          ...data,
        });
      try {
        if (sent['do'] === 'plan')
          return await show({
            plan: await api.ask('provisionClient', planAnswer, { query: { dryRun: 'true' }, body }),
          });
        // A form that is sent twice is one request.
        request.headers['idempotency-key'] = textOf(sent['key']);
        const { clientId } = await api.ask('provisionClient', provisioningAnswer, { body });
        response.redirect(303, `/clients/${clientId}`);
        return undefined;
      } catch (error) {
        if (!(error instanceof Problem) || error.status === 403) throw error;
        response.status(error.status);
        const errors = fieldErrors(error);
        return show({ errors, problem: Object.keys(errors).length > 0 ? undefined : error.message });
      }
    }),
  );
}
