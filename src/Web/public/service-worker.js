// Keeps the page itself, nothing that people wrote: so it opens without a connection, and says so. And shows notifications on phones, where a page may not.

// The page, and what its policy calls assets: their names change with their content.
const pages = "messaging-page";
const assets = "messaging-assets";

// What the server has at these is no page of the client's.
const others = /^\/(graphql|graphiql|files|health)(\/|$)/i;

/** The longest wait for the server before the page that is kept is shown, in ms. */
const patience = 8_000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && !others.test(pathname)) event.respondWith(page(request));
  else if (pathname.startsWith("/assets/")) event.respondWith(asset(request, event));
});

/** The server's page, whichever address it is asked for by: they are all the same. Without the server the one that it had last. */
async function page(request) {
  const answer = fetch(request);
  const late = new Promise((_, reject) => setTimeout(reject, patience));
  try {
    const given = await Promise.race([answer, late]);
    if (given.ok) await keep(given.clone());
    return given;
  } catch {
    return (await (await caches.open(pages)).match("/")) ?? answer;
  }
}

/** Keeps the page instead of the one before, whose assets go: it is another version's. */
async function keep(given) {
  const cache = await caches.open(pages);
  const before = await (await cache.match("/"))?.text();
  if (before === (await given.clone().text())) return;
  await caches.delete(assets);
  await cache.put("/", given);
}

async function asset(request, event) {
  const cache = await caches.open(assets);
  const kept = await cache.match(request);
  if (kept) return kept;
  const given = await fetch(request);
  if (given.ok) event.waitUntil(cache.put(request, given.clone()));
  return given;
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});

/** Opens a path in a page that is there, or in a new one. */
async function open(path) {
  const [there] = await self.clients.matchAll({ type: "window" });
  if (!there) return void (await self.clients.openWindow(path));
  there.postMessage({ open: path });
  await there.focus();
}
