import { Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";
import classes from "./Section.module.css";

interface Props {
  title: string;
  lead?: string;
  actions?: ReactNode;
  children: ReactNode;
  /** To link to it. */
  anchor?: string;
}

/** A part of a page, in a frame under its title. */
export function Section({ title, lead, actions, children, anchor }: Props) {
  const id = useId();
  return (
    <section className={classes.section} aria-labelledby={id} id={anchor}>
      <div className={classes.head}>
        <div className={classes.lead}>
          <Title order={2} id={id}>
            {title}
          </Title>
          {lead && (
            <Text size="sm" c="dimmed" mt={2}>
              {lead}
            </Text>
          )}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
      {children}
    </section>
  );
}
