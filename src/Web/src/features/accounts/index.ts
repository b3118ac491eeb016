export { accountUpdates } from "./cache";
export { SignInPage } from "./signIn/SignInPage";
export { askToSignOut } from "./signOut/askToSignOut";
export { SigningOut } from "./signOut/SigningOut";
export { AccountSwitcher } from "./switcher/AccountSwitcher";
