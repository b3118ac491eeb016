import type de from "../de";
import accounts from "./accounts.json";
import common from "./common.json";
import conversations from "./conversations.json";
import files from "./files.json";
import notifications from "./notifications.json";
import shortcuts from "./shortcuts.json";

// A text that only one of the languages has does not compile.
export default {
  accounts,
  common,
  conversations,
  files,
  notifications,
  shortcuts,
} satisfies typeof de;
