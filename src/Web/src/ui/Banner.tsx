import { Group, type GroupProps } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Banner.module.css";

interface Props extends GroupProps {
  icon: ReactNode;
  children: ReactNode;
}

/** Across the top of the content: that not everything is as it should be. */
export function Banner({ icon, children, ...group }: Props) {
  return (
    <Group className={classes.banner} gap="xs" wrap="nowrap" {...group}>
      {icon}
      {children}
    </Group>
  );
}
