/** What browsers call a picture that was copied rather than a file. */
const copied = /^image\.(png|jpe?g|gif|webp|bmp)$/i;

/**
 * The files in what is pasted, if they are what is meant. Office puts a picture of cells and texts beside them: then the text is. A file that was copied has its name
 * beside it as text on some systems: then the file is.
 */
export function pastedFiles(data: DataTransfer | null): File[] {
  const files = [...(data?.files ?? [])];
  if (files.length === 0) return [];
  const text = data?.getData("text/plain").trim() ?? "";
  const isPicture = files.every(({ name, type }) => copied.test(name) && type.startsWith("image/"));
  return isPicture && text !== "" && !files.some(({ name }) => text === name) ? [] : files;
}

/** A copied picture has no name of its own: it gets one by when it was pasted, so that several can be told apart. */
export function named(files: readonly File[], word: string, now = new Date()): File[] {
  const two = (n: number) => `${n}`.padStart(2, "0");
  const when = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())} ${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}`;
  return files.map((file, at) => {
    if (!copied.test(file.name)) return file;
    const ending = file.name.slice(file.name.lastIndexOf("."));
    return new File([file], `${word} ${when}${files.length > 1 ? ` (${at + 1})` : ""}${ending}`, { type: file.type });
  });
}
