// What 'node --test' found, a line of JSON per test: tests/Api.Tests/Clients reports each as a test of its own.
export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const error = data.details?.error;
    yield JSON.stringify({ name: data.name, passed: type === "test:pass", message: error ? String(error.cause?.stack ?? error.cause ?? error.message) : "" }) + "\n";
  }
}
