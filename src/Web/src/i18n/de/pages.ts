import accounts from "./accounts.page.json";
import customers from "./customers.json";
import history from "./history.json";
import notifications from "./notifications.page.json";
import organisation from "./organisation.json";
import people from "./people.json";
import reports from "./reports.json";

// Texts of pages that are visited later, beside those of the same names that are there from the start.
export default {
  accounts,
  customers,
  history,
  notifications,
  organisation,
  people,
  reports,
};
