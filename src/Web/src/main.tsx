import "@fontsource-variable/inter/wght.css";
import "@mantine/core/styles.css";
import "./app/app.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { session } from "./api/session";
import { App } from "./app/App";
import { preferredLanguage, startTexts } from "./i18n";

await startTexts(preferredLanguage(session()?.viewer.locale));
createRoot(document.getElementById("app")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
