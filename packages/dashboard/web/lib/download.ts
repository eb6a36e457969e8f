import { type Query, refusalOf, send } from './api.ts';

/** A table of the admin plane as a file. Throws ApiError. */
export async function downloadCsv(path: string, query: Query, name: string): Promise<void> {
  const response = await send('GET', `/admin/v1${path}`, { query, headers: { accept: 'text/csv' } });
  if (!response.ok) throw await refusalOf(response);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
