// Keeps the page itself, nothing that people wrote: so it opens without a connection, and says so. And shows notifications on phones, where a page may not; also while no page
// is open: then it is told that there is something, and not what (RFC 8030), as others carry that word.

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

/** The longest wait for a page to say that it tells of it itself, in ms. */
const pagePatience = 500;

const news = {
  de: ["Nachrichten", "Es gibt etwas Neues für Sie."],
  en: ["Messages", "There is something new for you."],
};

self.addEventListener("push", (event) => event.waitUntil(told()));

async function told() {
  const pages = await self.clients.matchAll({ type: "window" });
  if (pages.some((page) => page.visibilityState === "visible")) return;
  if ((await Promise.all(pages.map(isToldBy))).includes(true)) return;
  const lang = navigator.language.startsWith("de") ? "de" : "en";
  const [title, body] = news[lang];
  // One stands for all: it does not say what they are.
  await self.registration.showNotification(title, { body, lang, tag: "messaging", icon: "/icon-192.png", data: "/notifications" });
}

/** Whether a page that is open and not seen tells of it; on phones it may be asleep. */
function isToldBy(page) {
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => {
    port1.onmessage = () => resolve(true);
    setTimeout(() => resolve(false), pagePatience);
  });
  page.postMessage({ isTold: true }, [port2]);
  return answer;
}
