import { Badge, Button, Popover, TagsInput, UnstyledButton } from "@mantine/core";
import { IconTag } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { ConversationTagsDocument, TagsOfConversationDocument } from "../../../gql/pages/graphql";
import { useBulk } from "../actions/useBulk";

/** The most tags of a conversation. */
const most = 20;

/** The tags of a conversation. Those who may change them do it behind the button. */
export function Tags({ id, version, mayChange }: { id: string; version: number; mayChange: boolean }) {
  const { t } = useTranslation();
  const [{ data }, again] = useQuery({ query: TagsOfConversationDocument, variables: { id } });
  const tags = data?.conversation?.id === id ? data.conversation.tags : undefined;
  const seen = useRef(version);
  useEffect(() => {
    // Others may have changed them.
    if (seen.current !== version) again({ requestPolicy: "network-only" });
    seen.current = version;
  }, [version, again]);
  if (!tags) return null;
  return (
    <>
      {tags.map((tag) => (
        <UnstyledButton key={tag} renderRoot={(props) => <Link to="/conversations" search={{ tag }} {...props} />}>
          <Badge variant="light" tt="none" fw={500} maw={180} title={t("conversations.tags.all", { tag })}>
            {tag}
          </Badge>
        </UnstyledButton>
      ))}
      {mayChange && <Change id={id} tags={tags} />}
    </>
  );
}

function Change({ id, tags }: { id: string; tags: readonly string[] }) {
  const { t } = useTranslation();
  const { tag } = useBulk();
  const [opened, setOpened] = useState(false);
  const [{ data }] = useQuery({ query: ConversationTagsDocument, pause: !opened, requestPolicy: "cache-and-network" });
  const change = (now: string[]) =>
    tag([id], { add: now.filter((each) => !tags.includes(each)), remove: tags.filter((each) => !now.includes(each)) });
  return (
    <Popover opened={opened} onChange={setOpened} width={300} position="bottom-start" shadow="md" trapFocus withinPortal>
      <Popover.Target>
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<IconTag size={13} aria-hidden="true" />}
          aria-label={t(tags.length === 0 ? "conversations.tags.addName" : "conversations.tags.changeName")}
          onClick={() => setOpened((before) => !before)}
        >
          {t(tags.length === 0 ? "conversations.tags.add" : "conversations.tags.change")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <TagsInput
          label={t("conversations.tags.label")}
          description={t("conversations.tags.hint")}
          comboboxProps={{ withinPortal: false }}
          data={[...(data?.conversationTags ?? [])]}
          maxTags={most}
          maxLength={40}
          data-autofocus
          value={[...tags]}
          onChange={(now) => void change(now)}
        />
      </Popover.Dropdown>
    </Popover>
  );
}
