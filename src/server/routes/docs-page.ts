/** The page at `/docs`: Swagger UI, all of it served from here. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import express, { type RequestHandler } from 'express';

const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** The page's scripts and styles, and nothing else of that folder. */
const assets = new Set(['/swagger-ui.css', '/swagger-ui-bundle.js', '/favicon-32x32.png']);

export function docsAssets(): RequestHandler {
  const serve = express.static(folder, { index: false, fallthrough: true, cacheControl: false });
  return (request, response, next) => {
    // The content policy allows no inline script, so the one line of ours is a file too.
    if (request.path === '/start.js') response.type('text/javascript').send(startScript);
    else if (assets.has(request.path)) void serve(request, response, next);
    else next();
  };
}

const startScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null })`;

export const docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>client-provisioner API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
