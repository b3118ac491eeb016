import type de from "../de/pages";
import accounts from "./accounts.page.json";
import customers from "./customers.json";
import history from "./history.json";
import notifications from "./notifications.page.json";
import organisation from "./organisation.json";
import people from "./people.json";
import reports from "./reports.json";

export default {
  accounts,
  customers,
  history,
  notifications,
  organisation,
  people,
  reports,
} satisfies typeof de;
