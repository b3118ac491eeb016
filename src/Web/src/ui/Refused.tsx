import { Alert, type AlertProps } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  children: ReactNode;
  /** Room below it. */
  mb?: AlertProps["mb"];
}

/** Why something was not done, said at once to whoever does not see it. */
export function Refused({ children, mb }: Props) {
  return (
    <Alert role="alert" color="red" variant="light" mb={mb} styles={{ message: { color: "var(--mantine-color-text)" } }}>
      {children}
    </Alert>
  );
}
