import common from "./common.json";
import conversations from "./conversations.json";
import notifications from "./notifications.json";
import session from "./session.json";
import shortcuts from "./shortcuts.json";

export default {
  common,
  conversations,
  notifications,
  session,
  shortcuts,
};
