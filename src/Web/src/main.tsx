import "@fontsource-variable/inter/wght.css";
import "@mantine/core/styles.css";
import "./app/app.css";
import i18next from "i18next";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { resume, session } from "./api/session";
import { App } from "./app/App";
import { Waiting } from "./app/Waiting";
import { installWorker } from "./app/worker";
import { preferredLanguage, showLanguage, startTexts } from "./i18n";

const root = createRoot(document.getElementById("app")!);

// A session goes on; to know that takes the server. Meanwhile the page is empty, or says that the server does not answer.
const texts = startTexts(preferredLanguage());
for (let tries = 0; !(await resume()); tries++) {
  await texts;
  if (tries > 0) root.render(<Waiting />);
  await new Promise((done) => setTimeout(done, Math.min(500 * 2 ** tries, 8_000)));
}
await texts;
const language = preferredLanguage(session()?.viewer.locale);
if (language !== i18next.language) await showLanguage(language);
root.render(
  <StrictMode>
    <App />
  </StrictMode>,
);
installWorker();
