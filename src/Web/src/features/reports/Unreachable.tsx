import { Anchor, EmptyState, SegmentedControl, Skeleton, Text } from "@mantine/core";
import { IconMailCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { UnreachableDocument, type UnreachableReason } from "../../gql/pages/graphql";
import { Pages } from "../../ui/Pages";
import { Time } from "../../ui/Time";
import classes from "./Overview.module.css";
import { Panel } from "./Panel";

const reasons = ["NEVER_SIGNED_IN", "MAIL_FAILS"] as const satisfies readonly UnreachableReason[];

/** The contacts who never signed in, or to whom mails fail: why, and since when. Each leads to its customer. */
export function Unreachable() {
  const { t } = useTranslation();
  const [reason, setReason] = useState<UnreachableReason>();
  return (
    <Panel
      title={t("reports.unreachable.title")}
      lead={t("reports.unreachable.lead")}
      actions={
        <SegmentedControl
          size="xs"
          aria-label={t("reports.unreachable.filter")}
          value={reason ?? "all"}
          onChange={(value) => setReason(value === "all" ? undefined : (value as UnreachableReason))}
          data={[
            { value: "all", label: t("reports.times.all") },
            ...reasons.map((value) => ({ value, label: t(`reports.unreachable.reasons.${value}`) })),
          ]}
        />
      }
    >
      <ul className={classes.longest} aria-label={t("reports.unreachable.title")}>
        <Pages
          key={reason ?? "all"}
          query={UnreachableDocument}
          variables={{ reason: reason ?? null }}
          pageOf={({ reports }) => reports.unreachable}
          row={({ reason: why, since, contact, customer }) => (
            <li key={`${contact?.id ?? ""} ${why}`}>
              <div className={classes.line}>
                {customer && (
                  <Anchor
                    className={classes.subject}
                    renderRoot={(props) => <Link to="/customers/$customerId" params={{ customerId: customer.id }} {...props} />}
                  >
                    {customer.name}
                  </Anchor>
                )}
                <Text span size="xs" c="dimmed">
                  <Time at={since} />
                </Text>
              </div>
              <Text span size="sm" c="dimmed" truncate display="block">
                {[
                  t(
                    `reports.unreachable.whys.${why === "MAIL_FAILS" && contact?.mailProblem?.perhapsSent ? "PERHAPS_SENT" : why}`,
                  ),
                  contact?.displayName,
                  contact?.email,
                  why === "MAIL_FAILS" && contact?.mailProblem?.reason,
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </Text>
            </li>
          )}
          loading={<Skeleton height={120} role="status" aria-label={t("common.loading")} />}
          empty={<EmptyState size="sm" p="lg" icon={<IconMailCheck stroke={1.5} />} title={t("reports.unreachable.none")} />}
        />
      </ul>
    </Panel>
  );
}
