/** The actions: each has a page that says what it will do, and a form that does it. */
import type { Router } from 'express';
import { actions } from '../../api/allowed-actions.ts';
import type { Provisioning } from '../../console/data.ts';
import { actPage } from '../../console/pages/act.ts';
import type { Caller } from '../auth/caller.ts';
import { Problem } from '../problem.ts';
import { findRun } from './client.ts';
import { fieldErrors, fieldsOf, textOf, type Site } from './visit.ts';

export function addActs(router: Router, { visit, form }: Site): void {
  for (const action of actions) {
    router.get(
      `/clients/:clientId/${action}`,
      visit(async (at) => {
        const { one: provisioning } = await findRun(at);
        return actPage(await at.context(), {
          ...blank,
          action,
          provisioning,
          refusal: refusalOf(action, provisioning, at.caller),
        });
      }),
    );
    router.post(
      `/clients/:clientId/${action}`,
      form,
      visit(async (at) => {
        const { one: provisioning } = await findRun(at);
        const sent = fieldsOf(at.request);
        const reason = textOf(sent['reason']).trim();
        const confirm = textOf(sent['confirm']).trim();
        const resource = textOf(sent['resource']);
        const again = async (problem: string) =>
          actPage(await at.context(), {
            ...blank,
            action,
            provisioning,
            reason,
            confirm,
            resource,
            problem,
            refusal: refusalOf(action, provisioning, at.caller),
          });
        if ((action === 'offboard' || action === 'forget') && confirm !== provisioning.clientId) {
          at.response.status(422);
          return again(
            confirm === ''
              ? `Type ${provisioning.clientId} to confirm.`
              : `Type ${provisioning.clientId} to confirm. That was “${confirm}”.`,
          );
        }
        try {
          await at.api.do(operations[action], {
            params:
              action === 'forget' ? { id: provisioning.id, resourceId: resource } : { id: provisioning.id },
            body: { ...(reason !== '' && { reason }), ...(action === 'offboard' && { confirm }) },
          });
        } catch (error) {
          if (!(error instanceof Problem) || error.status === 403) throw error;
          at.response.status(error.status);
          return again(Object.values(fieldErrors(error)).join(' ') || error.message);
        }
        at.response.redirect(303, `/clients/${provisioning.clientId}?run=${provisioning.id}`);
        return undefined;
      }),
    );
  }
}

const operations = {
  cancel: 'cancelProvisioning',
  resume: 'resumeProvisioning',
  rollback: 'rollBackProvisioning',
  offboard: 'rollBackProvisioning',
  forget: 'forgetResource',
} as const;

const blank = { reason: '', confirm: '', resource: '', problem: undefined, receiver: undefined } as const;

/** The reason why an action is not offered. Undefined: it is. */
function refusalOf(action: (typeof actions)[number], one: Provisioning, caller: Caller): string | undefined {
  const allowed = one.allowedActions.find((other) => other.action === action);
  if (allowed === undefined) {
    const now =
      one.rollback.status === 'none' ? one.status : `${one.status}, and its rollback ${one.rollback.status}`;
    return `This is not possible now: ${one.clientId} is ${now}.`;
  }
  if (allowed.roles.some((role) => role === caller.role)) return undefined;
  return `This needs ${allowed.roles.join(' or ')}. You are ${caller.role ?? 'nobody here'}.`;
}
