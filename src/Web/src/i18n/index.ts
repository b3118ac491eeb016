import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type de from "./de";
import type pages from "./de/pages";

/** The languages there are. */
export const languages = ["de", "en"] as const;
export type Language = (typeof languages)[number];

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof de & typeof pages };
    returnNull: false;
  }
}

const key = "messaging.language";
const isLanguage = (value: unknown): value is Language => languages.includes(value as Language);

// Only the texts that are read are loaded.
const load: Record<Language, () => Promise<{ default: typeof de }>> = { de: () => import("./de"), en: () => import("./en") };

const loadPages: Record<Language, () => Promise<{ default: typeof pages }>> = {
  de: () => import("./de/pages"),
  en: () => import("./en/pages"),
};

let withPages = false;

/** The reader's choice, else the browser's language, else that of their mails, else German. */
export function preferredLanguage(viewerLocale?: string): Language {
  const chosen = localStorage.getItem(key);
  const candidates = [chosen, ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()), viewerLocale?.slice(0, 2)];
  return candidates.find(isLanguage) ?? "de";
}

const addPages = async (language: Language) =>
  i18next.exists("reports.title", { lng: language }) ||
  i18next.addResourceBundle(language, "translation", (await loadPages[language]()).default, true);

/** Gets the texts ready of pages that are visited later than the list. */
export async function pageTexts() {
  withPages = true;
  await addPages(i18next.language as Language);
}

/** Shows everything in a language from now on. */
export async function showLanguage(language: Language) {
  if (!i18next.hasResourceBundle(language, "translation"))
    i18next.addResourceBundle(language, "translation", (await load[language]()).default);
  if (withPages) await addPages(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  document.querySelector('link[rel="manifest"]')?.setAttribute("href", `/${language}.webmanifest`);
}

/** The reader chooses a language; this browser remembers it. */
export async function chooseLanguage(language: Language) {
  localStorage.setItem(key, language);
  await showLanguage(language);
}

/** Gets the texts ready; nothing is shown before. */
export async function startTexts(language: Language) {
  await i18next.use(initReactI18next).init({
    resources: {},
    lng: language,
    fallbackLng: false,
    returnNull: false,
    // React shows texts as text; escaping them here would show the escapes.
    interpolation: { escapeValue: false },
  });
  await showLanguage(language);
}
