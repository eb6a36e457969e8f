import { fileURLToPath } from 'node:url';

/** Absolute path of the built page: `index.html`, hashed files under `assets/`, each beside its `.br` and `.gz`. */
export const dashboardFolder: string = fileURLToPath(new URL('../dist/site', import.meta.url));
