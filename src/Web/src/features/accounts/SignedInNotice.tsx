import { Alert } from "@mantine/core";
import { IconUser } from "@tabler/icons-react";

/** That somebody is signed in in this browser, where a link was opened that may be somebody else's. */
export const SignedInNotice = ({ children }: { children: string }) => (
  <Alert
    role="status"
    variant="light"
    color="gray"
    icon={<IconUser />}
    styles={{ message: { color: "var(--mantine-color-text)" } }}
  >
    {children}
  </Alert>
);
