import type { Role } from "../gql/graphql";

/** Parts of the client that not everybody sees. The API decides what anybody may do; this only keeps doors away that lead nowhere. */
export type Area =
  | "day"
  | "overview"
  | "history"
  | "past"
  | "customers"
  | "import"
  | "administrators"
  | "deliveries"
  | "settings"
  | "log";

/** What is known of somebody: of a viewer of before not whether they own, nor whether they see a part only. */
interface Viewer {
  role: Role;
  isOwner?: boolean;
  isLimited?: boolean;
  isNarrow?: boolean;
}

const office: readonly Role[] = ["ADMINISTRATOR", "AUDITOR"];

const allowed: Record<Exclude<Area, "log">, readonly Role[]> = {
  day: ["ADMINISTRATOR"],
  overview: office,
  history: office,
  past: office,
  customers: office,
  import: ["ADMINISTRATOR"],
  administrators: office,
  deliveries: office,
  settings: office,
};

/** What asks for more than auditors may who see a part only; the server has it in `NarrowAccess`. */
const whole: readonly Area[] = ["overview", "past", "deliveries", "log"];

/** The log is for auditors and owners. */
const isForRole = ({ role, isOwner }: Viewer, area: Area) =>
  area === "log" ? role === "AUDITOR" || isOwner === true : allowed[area].includes(role);

/** Whether a part of the client is kept from somebody for the only reason that they see a part of what others in their role see. */
export const isKeptFrom = (viewer: Viewer, area: Area) =>
  isForRole(viewer, area) &&
  // Whoever sees some of the customers only brings none.
  ((viewer.isNarrow === true && whole.includes(area)) || (viewer.isLimited === true && area === "import"));

/** Whether somebody sees a part of the client. */
export const mayEnter = (viewer: Viewer, area: Area) => isForRole(viewer, area) && !isKeptFrom(viewer, area);

/** Whether somebody belongs to the office. */
export const isOffice = (role: Role) => office.includes(role);
