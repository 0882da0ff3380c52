/** The files of the template repository, and so of every copy of it: a monorepo with one application. */
export const templateFiles: Readonly<Record<string, string>> = {
  'README.md': '# Client app\n',
  'package.json': '{ "name": "client-app", "private": true }\n',
  'apps/web/package.json': '{ "name": "web", "private": true }\n',
};

/** True where a file of the template lies in that folder. */
export function hasFolder(path: string): boolean {
  return Object.keys(templateFiles).some((file) => file.startsWith(`${path}/`));
}
