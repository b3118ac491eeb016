/** The names that browsers give to a copied picture, as opposed to a copied file. */
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
  const isNames = text.split(/\r?\n/).every((line) => files.some(({ name }) => line === name || line.endsWith(`/${name}`)));
  return isPicture && text !== "" && !isNames ? [] : files;
}

/**
 * A copied picture has no name of its own: it gets one by when it was pasted, and a number where there is such a one already, so that several can be told apart.
 * @param there The names of those that are there.
 */
export function named(files: readonly File[], word: string, there: readonly string[] = [], now = new Date()): File[] {
  const two = (n: number) => `${n}`.padStart(2, "0");
  const when = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())} ${two(now.getHours())}.${two(now.getMinutes())}.${two(now.getSeconds())}`;
  const taken = new Set(there);
  return files.map((file) => {
    if (!copied.test(file.name)) return file;
    const ending = file.name.slice(file.name.lastIndexOf("."));
    let name = `${word} ${when}${ending}`;
    for (let number = 2; taken.has(name); number++) name = `${word} ${when} (${number})${ending}`;
    taken.add(name);
    return new File([file], name, { type: file.type });
  });
}
