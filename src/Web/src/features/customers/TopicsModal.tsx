import { Button, Group, Modal, Stack, TagsInput, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { failureText, refusalText } from "../../api/errors";
import { type ContactPartsFragment, SetContactTopicsDocument, TopicChoicesDocument } from "../../gql/pages/graphql";
import { Refused } from "../../ui/Refused";

interface Props {
  opened: boolean;
  close: () => void;
  contact: ContactPartsFragment;
}

/** The topics that a contact is limited to. */
export function TopicsModal({ opened, close, contact }: Props) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t("customers.topics.title", { name: contact.displayName })}
      closeButtonProps={{ "aria-label": t("common.action.close") }}
    >
      <TopicsForm contact={contact} close={close} />
    </Modal>
  );
}

function TopicsForm({ contact, close }: Omit<Props, "opened">) {
  const { t } = useTranslation();
  const [topics, setTopics] = useState<string[]>([...contact.topics]);
  const [{ data }] = useQuery({ query: TopicChoicesDocument, requestPolicy: "cache-and-network" });
  const [{ fetching }, set] = useMutation(SetContactTopicsDocument);
  const [refused, setRefused] = useState<string>();

  const submit = async () => {
    setRefused(undefined);
    const { data: answer, error } = await set({ input: { id: contact.id, topics } });
    const refusal = answer?.setContactTopics.errors[0];
    if (error) setRefused(failureText(t, error));
    else if (refusal) setRefused(refusalText(t, refusal));
    else close();
  };

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {t("customers.topics.lead")}
        </Text>
        {refused && <Refused>{refused}</Refused>}
        <TagsInput
          label={t("customers.topics.label")}
          description={t("customers.topics.hint")}
          data={[...(data?.conversationTags ?? [])]}
          maxTags={20}
          maxLength={40}
          data-autofocus
          value={topics}
          onChange={setTopics}
        />
        <Group justify="end">
          <Button variant="default" onClick={close}>
            {t("common.action.cancel")}
          </Button>
          <Button type="submit" loading={fetching}>
            {t("common.action.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
