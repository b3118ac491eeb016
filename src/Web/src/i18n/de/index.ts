import administrators from "./administrators.json";
import common from "./common.json";
import conversations from "./conversations.json";
import customers from "./customers.json";
import history from "./history.json";
import invitation from "./invitation.json";
import notifications from "./notifications.json";
import overview from "./overview.json";
import profile from "./profile.json";
import session from "./session.json";
import settings from "./settings.json";
import shortcuts from "./shortcuts.json";

export default {
  administrators,
  common,
  conversations,
  customers,
  history,
  invitation,
  notifications,
  overview,
  profile,
  session,
  settings,
  shortcuts,
};
