import { SimpleGrid, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { OverviewQuery } from "../../gql/pages/graphql";
import type { ListSearch } from "../conversations";
import classes from "./Overview.module.css";

interface Props {
  counts: OverviewQuery["conversationCounts"];
  /** In how many the office must write next. */
  awaiting: number;
}

/** The counts of conversations; a click lists them. */
export function Figures({ counts, awaiting }: Props) {
  const { t, i18n } = useTranslation();
  const figures: { key: "awaiting" | "open" | "attention" | "answered" | "unread"; value: number; search: ListSearch }[] = [
    { key: "awaiting", value: awaiting, search: { awaiting: "office" } },
    { key: "open", value: counts.open, search: { status: "open" } },
    { key: "attention", value: counts.attention, search: { status: "attention" } },
    { key: "answered", value: counts.answered, search: { status: "answered" } },
    { key: "unread", value: counts.unread, search: { unread: true } },
  ];
  return (
    <SimpleGrid component="nav" cols={{ base: 2, xs: 3, md: 5 }} spacing="sm" aria-label={t("reports.figures.label")}>
      {figures.map(({ key, value, search }) => (
        <Link key={key} to="/conversations" search={search} className={classes.figure} data-figure={key}>
          <span className={classes.value}>{value.toLocaleString(i18n.language)}</span>
          <span className={classes.name}>{t(`reports.figures.${key}`)}</span>
          <Text span size="xs" c="dimmed">
            {t(`reports.figures.${key}Hint`)}
          </Text>
        </Link>
      ))}
    </SimpleGrid>
  );
}
