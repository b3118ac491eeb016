import { Loader, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { failureText } from "../../../api/errors";
import { authorName } from "../../../conversation/author";
import { ToldOfDocument } from "../../../gql/pages/graphql";
import classes from "./Deliveries.module.css";

/** Who was told of an event, in which way and by which rule; or why nobody was. */
export function Told({ eventId }: { eventId: string }) {
  const { t } = useTranslation();
  const [{ data, error }] = useQuery({
    query: ToldOfDocument,
    variables: { id: eventId },
    requestPolicy: "cache-and-network",
  });
  if (error)
    return (
      <Text size="sm" c="red" role="alert" p="xs">
        {failureText(t, error)}
      </Text>
    );
  const event = data?.node && "told" in data.node ? data.node : undefined;
  if (!event) return <Loader size="xs" m="xs" role="status" aria-label={t("common.loading")} />;
  const { nodes, totalCount } = event.told;
  if (nodes.length === 0)
    return (
      <Text size="sm" p="xs" className={classes.told}>
        {t("notifications.told.nobody")}
        {event.whyNobody && ` ${t(`notifications.whyNobody.${event.whyNobody}`)}`}
      </Text>
    );
  return (
    <ul className={classes.told} aria-label={t("notifications.told.label")}>
      {nodes.map(({ channel, rule, recipient, delivery }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they have no ids, and stay in their order.
        <Text component="li" size="sm" key={index}>
          {recipient ? authorName(t, recipient) : t("notifications.deliveries.office")}
          <Text span c="dimmed">
            {` · ${t(`notifications.told.channel.${channel}`)}`}
            {delivery && ` (${t(`notifications.deliveries.state.${delivery.state}`)})`}
            {rule && ` · ${t(`notifications.rule.${rule}`)}`}
          </Text>
        </Text>
      ))}
      {totalCount > nodes.length && (
        <Text component="li" size="sm" c="dimmed">
          {t("notifications.told.more", { count: totalCount - nodes.length })}
        </Text>
      )}
    </ul>
  );
}
