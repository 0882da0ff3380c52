/** Why Vercel blocks a deployment, in our words. Pure. */
import type { VercelDeployment } from '../providers/vercel.ts';
import type { FailureExplanation } from './explanation.ts';

/** By the code that stands in the deployment or, where none does, by Vercel's sentence about it. */
export function blockReasonOf({ seatBlock, readyStateReason = '' }: VercelDeployment): FailureExplanation {
  const code = seatBlock?.blockCode ?? '';
  if (code === 'TEAM_ACCESS_REQUIRED' || /git author .*must have access/i.test(readyStateReason))
    return {
      why: "the commit's author is no member of the Vercel team",
      whatToDo:
        "Let the template's commits be by a member of the team, whose Vercel account is connected to GitHub, or add the author to the team.",
    };
  if (code === 'COMMIT_AUTHOR_REQUIRED' || /verif/i.test(readyStateReason))
    return {
      why: 'the team wants verified commits, and this one is not',
      whatToDo: "Sign the template's commits, or switch the rule off in the team's security settings.",
    };
  return {
    why: 'a rule of the team blocks it',
    whatToDo: 'Look at the deployment in the dashboard of Vercel, which names the rule.',
  };
}
