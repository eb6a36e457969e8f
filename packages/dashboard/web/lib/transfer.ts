export async function importFile(_file: File): Promise<string> {
  return '';
}
