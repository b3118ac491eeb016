/** Years of a term as somebody typed them: 0 to 30; undefined when they are none that the server takes. */
export function yearsOf(text: string) {
  const years = /^\s*\d{1,2}\s*$/.test(text) ? Number(text) : Number.NaN;
  return years <= 30 ? years : undefined;
}
