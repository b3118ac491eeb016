import { TagsInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { failureText, refusalText } from "../../api/errors";
import { type ContactPartsFragment, SetContactTopicsDocument, TopicChoicesDocument } from "../../gql/pages/graphql";
import { PersonForm, PersonModal } from "../../people/PersonForm";

interface Props {
  opened: boolean;
  close: () => void;
  contact: ContactPartsFragment;
}

/** The topics that a contact is limited to. */
export function TopicsModal({ opened, close, contact }: Props) {
  const { t } = useTranslation();
  return (
    <PersonModal opened={opened} close={close} title={t("customers.topics.title", { name: contact.displayName })}>
      <TopicsForm contact={contact} close={close} />
    </PersonModal>
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
    <PersonForm
      lead={t("customers.topics.lead")}
      refused={refused}
      label={t("common.action.save")}
      sending={fetching}
      submit={() => void submit()}
      close={close}
    >
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
    </PersonForm>
  );
}
