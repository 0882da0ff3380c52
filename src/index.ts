/**
 * Entry point for other programs: the steps of a stack, the parts of a step of one's own, and the two flows.
 *
 * Programs that only want a client provisioned use the HTTP API, which also writes down that it was asked.
 */
export type { ClientOrder, Tier } from './provisioning.ts';
export { provisionClient, rollbackProvisioning, type FlowOrder } from './queue/enqueue.ts';
export { openQueues, type Queues } from './queue/queues.ts';
export { rollbackActions, steps } from './steps/index.ts';
export { activateN8NWorkflow, createN8NWorkflow } from './steps/n8n-webhooks.ts';
export {
  defineStep,
  type Change,
  type ProvisioningOrchestrator,
  type ResourceType,
  type Step,
  type StepContext,
} from './steps/step.ts';
