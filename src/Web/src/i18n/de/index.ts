import accounts from "./accounts.json";
import common from "./common.json";
import conversations from "./conversations.json";
import files from "./files.json";
import notifications from "./notifications.json";
import shortcuts from "./shortcuts.json";

export default {
  accounts,
  common,
  conversations,
  files,
  notifications,
  shortcuts,
};
