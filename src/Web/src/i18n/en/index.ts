import type de from "../de";
import common from "./common.json";
import conversations from "./conversations.json";
import notifications from "./notifications.json";
import session from "./session.json";
import shortcuts from "./shortcuts.json";

// A text that only one of the languages has does not compile.
export default {
  common,
  conversations,
  notifications,
  session,
  shortcuts,
} satisfies typeof de;
