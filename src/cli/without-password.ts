/** A URL as a name of what it leads to: a password that was changed is no other place, and its hash is nobody's business. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  parsed.password = '';
  return parsed.href;
}
