/** Why a deployment at Vercel was not built, in our words. Pure. */
import type { VercelDeployment } from '../providers/vercel.ts';
import type { FailureExplanation } from './explanation.ts';

/** Vercel takes any root directory for a project; only a build looks for it. Read in public build logs. */
const noRootDirectory = 'NOW_SANDBOX_WORKER_ROOTDIR_NOT_EXIST';

/** By the code of the build's error. `rootDirectory`: the one that the project was made with. */
export function buildFailureOf(
  { errorCode }: Pick<VercelDeployment, 'errorCode'>,
  rootDirectory: string | undefined,
): FailureExplanation {
  if (errorCode === noRootDirectory && rootDirectory !== undefined)
    return {
      why: `the repository has no folder ${rootDirectory}`,
      whatToDo:
        "Set VERCEL_ROOT_DIRECTORY to the application's folder in the template, or unset it where that is the root.",
    };
  return {
    why: 'its build log says why',
    whatToDo: 'Read its build log in the dashboard of Vercel, and fix the template.',
  };
}
