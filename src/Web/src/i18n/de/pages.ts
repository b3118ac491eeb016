import administrators from "./administrators.json";
import customers from "./customers.json";
import history from "./history.json";
import invitation from "./invitation.json";
import overview from "./overview.json";
import people from "./people.json";
import profile from "./profile.json";
import settings from "./settings.json";
import tokens from "./tokens.json";

// Texts of pages that are visited later.
export default {
  administrators,
  customers,
  history,
  invitation,
  overview,
  people,
  profile,
  settings,
  tokens,
};
