import type { SandboxTiming } from '../timing.ts';
import type { Deployment } from './state.ts';

/** The states that a deployment goes through. */
export type ReadyState = 'QUEUED' | 'INITIALIZING' | 'BUILDING' | 'READY' | 'ERROR' | 'CANCELED' | 'BLOCKED';

/** Where a deployment is at a moment. */
export interface DeploymentProgress {
  readyState: ReadyState;
  /** The alias follows the READY state after a moment: only then does the production URL show this build. */
  isAliasAssigned: boolean;
}

/** How long after READY the alias is moved, as a share of the building time. */
const aliasDelay = 0.2;

/** Works out a deployment's state from its age. */
export function progressOf(
  deployment: Deployment,
  { deploymentReadyAfterMs }: SandboxTiming,
  now: number,
): DeploymentProgress {
  if (deployment.cancelledAt !== undefined) return { readyState: 'CANCELED', isAliasAssigned: false };
  const age = now - deployment.createdAt;
  const share = deploymentReadyAfterMs === 0 ? Infinity : age / deploymentReadyAfterMs;
  if (share < 0.15) return { readyState: 'QUEUED', isAliasAssigned: false };
  if (share < 0.3) return { readyState: 'INITIALIZING', isAliasAssigned: false };
  if (share < 1) return { readyState: 'BUILDING', isAliasAssigned: false };
  return {
    readyState: deployment.outcome,
    isAliasAssigned: deployment.outcome === 'READY' && share >= 1 + aliasDelay,
  };
}
