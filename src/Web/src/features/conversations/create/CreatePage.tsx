import {
  Alert,
  Anchor,
  Button,
  Center,
  Checkbox,
  Chip,
  EmptyState,
  Group,
  Input,
  ScrollArea,
  SegmentedControl,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
  Title,
} from "@mantine/core";
import { getHotkeyHandler, useDocumentTitle } from "@mantine/hooks";
import { IconMessageOff } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";
import { byField, failureText } from "../../../api/errors";
import { newId } from "../../../api/ids";
import { allKept, useAllKept } from "../../../api/kept";
import { useViewer } from "../../../api/session";
import { STATUSES } from "../../../conversation/status";
import {
  type ConversationStatus,
  ConversationTagsDocument,
  CreateConversationDocument,
  CustomerNameDocument,
  type FilePartsFragment,
  type ViewerPartsFragment,
} from "../../../gql/pages/graphql";
import { notice } from "../../../ui/notice";
import { isVisible } from "../../../ui/visible";
import { AddFiles, Attachments, type KeptFile, keptFile, useAddFiles, useAttachments, usePaste } from "../../files";
import statusClasses from "../actions/StatusControl.module.css";
import { AdministratorSelect, CustomerSelect } from "../choices";
import { useDraft } from "../compose/drafts";
import { ReachesNobody } from "../compose/ReachesNobody";
import { mayCreate, mayManage } from "../may";

interface Draft {
  /** Of the draft, and of the conversation to be: sending the same again creates no second one. */
  id: string;
  /** Of the conversation to be, where that of the draft was used up. */
  conversationId?: string | undefined;
  customerId: string | null;
  subject: string;
  body: string;
  status: ConversationStatus;
  responsibleId: string | null;
  notifyAll: boolean;
  /** Of drafts since there are tags. */
  tags?: string[];
  files: (KeptFile | FilePartsFragment)[];
}

/** Drafts of conversations, among those of comments. */
const isOfConversation = (draft: Partial<Draft>) => typeof draft.id === "string" && typeof draft.subject === "string";

const isEmpty = ({ subject, body, files }: Draft) => !isVisible(subject) && !isVisible(body) && files.length === 0;

const route = getRouteApi("/shell/conversations");

/** Erstellen: starts a conversation. */
export function CreatePage() {
  const { t } = useTranslation();
  const viewer = useViewer();
  useDocumentTitle(`${t("conversations.new.title")} · ${t("common.product")}`);
  const { customer } = route.useSearch();
  const [chosen, choose] = useState<{ draft: string; customer: string | undefined }>();
  const own = viewer.customer?.id ?? customer;
  // A draft for one customer is not offered for another.
  const begun = allKept<Draft>("draft").find((each) => isOfConversation(each) && each.customerId === (own ?? null));
  const [fresh, setFresh] = useState(newId);
  const draft = chosen && chosen.customer === own ? chosen.draft : (begun?.id ?? fresh);
  useEffect(() => {
    // An open form stays the same while its draft changes customers or is emptied.
    if (chosen?.customer !== own || !chosen) choose({ draft, customer: own });
  }, [chosen, own, draft]);
  if (mayCreate(viewer))
    return (
      <CreateForm
        key={draft}
        id={draft}
        viewer={viewer}
        open={(id) => choose({ draft: id, customer: own })}
        done={() => {
          const next = newId();
          setFresh(next);
          choose({ draft: next, customer: own });
        }}
      />
    );
  return (
    <Center h="100%" p="xl">
      <EmptyState
        icon={<IconMessageOff stroke={1.4} />}
        title={<Title order={2}>{t("conversations.new.title")}</Title>}
        description={t(viewer.role === "AUDITOR" ? "conversations.new.auditor" : "conversations.new.notAllowed")}
        maw={420}
      />
    </Center>
  );
}

interface Props {
  /** Of the draft, and of the conversation to be. */
  id: string;
  viewer: ViewerPartsFragment;
  /** Goes on with another draft. */
  open: (id: string) => void;
  /** The conversation is there: what comes next is another one. */
  done: () => void;
}

function CreateForm({ id, viewer, open, done }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { customer } = route.useSearch();
  const office = mayManage(viewer);
  const [empty] = useState<Draft>(() => ({
    id,
    customerId: viewer.customer?.id ?? customer ?? null,
    subject: "",
    body: "",
    status: "OPEN",
    responsibleId: null,
    notifyAll: false,
    tags: [],
    files: [],
  }));
  const name = `new ${id}`;
  const [draft, change] = useDraft(name, empty, isEmpty);
  const tags = draft.tags ?? [];
  const hasTopics = viewer.topics.length > 1;
  const changeFiles = useCallback(
    (next: (before: readonly KeptFile[]) => KeptFile[]) =>
      change((before) => ({ ...before, files: next(before.files.map(keptFile)) })),
    [change],
  );
  const { attachments, files, failed, busy, add, remove, retry } = useAttachments(name, draft.files, changeFiles);
  const addFiles = useAddFiles(add);
  const paste = usePaste(addFiles, attachments);
  const others = useAllKept<Draft>("draft").filter((each) => isOfConversation(each) && each.id !== id);
  /** Whether it is created as soon as its files are there. */
  const [waiting, setWaiting] = useState(false);
  const [{ fetching }, create] = useMutation(CreateConversationDocument);
  const [{ data: reaching }] = useQuery({
    query: CustomerNameDocument,
    variables: { id: draft.customerId ?? "" },
    pause: !office || !draft.customerId,
    requestPolicy: "cache-and-network",
  });
  const [{ data: choices }] = useQuery({ query: ConversationTagsDocument, pause: !office });
  const [problems, setProblems] = useState<Record<string, string>>({});

  const check = (): Record<string, string> => ({
    ...(!draft.customerId && { customerId: t("conversations.new.customerNeeded") }),
    ...(!isVisible(draft.subject) && { subject: t("conversations.new.subjectNeeded") }),
    ...(draft.subject.trim().length > 200 && { subject: t("conversations.new.subjectLong") }),
    ...(!isVisible(draft.body) && draft.files.length === 0 && { body: t("conversations.new.bodyNeeded") }),
    ...([...draft.body.trim()].length > 20_000 && { body: t("conversations.comments.tooLong") }),
    ...(hasTopics && tags.length === 0 && { tags: t("conversations.new.topicNeeded") }),
    // The text never goes without its files.
    ...(failed.length > 0 && { fileIds: t("conversations.comments.failedFiles", { count: failed.length }) }),
  });

  const submit = async () => {
    const found = check();
    setProblems(found);
    const [first] = Object.keys(found);
    if (first) return void document.getElementById(`create-${first}`)?.focus();
    if (busy) return setWaiting(true);
    const { data, error } = await create({
      input: {
        id: draft.conversationId ?? draft.id,
        customerId: draft.customerId ?? "",
        subject: draft.subject.trim(),
        body: isVisible(draft.body) ? draft.body.trim() : "",
        fileIds: files.map(({ id }) => id),
        ...((office || hasTopics) && { tags }),
        ...(office && {
          status: draft.status,
          responsibleAdministratorId: draft.responsibleId,
          notifyAllAdministrators: draft.notifyAll,
        }),
      },
    });
    if (error) return setProblems({ "": failureText(t, error) });
    const { conversation, nobodyTold, errors = [] } = data?.createConversation ?? {};
    if (!conversation) {
      const fields = ["customerId", "subject", "body", "responsibleAdministratorId", "tags", "fileIds"] as const;
      const refused = byField(t, errors, fields);
      for (const field of fields) if (refused[field]) refused[field] = t(`conversations.refusal.${field}`);
      // Its id was used up by something else that was sent: the next try is a new conversation.
      if (errors.some(({ code, path }) => code === "CONFLICT" && path?.[0] === "id")) change({ conversationId: newId() });
      return setProblems(refused);
    }
    change(() => empty);
    done();
    void notice({ kind: "done", message: t(`conversations.new.${nobodyTold ? "createdUnread" : "created"}`) });
    await navigate({ to: "/conversations/$conversationId", params: { conversationId: conversation.id }, search: true });
  };

  const submitNow = useEffectEvent(submit);
  const refused = failed.length > 0;
  useEffect(() => {
    if (!waiting || (busy && !refused)) return;
    setWaiting(false);
    void submitNow();
  }, [waiting, busy, refused]);

  const submitByKeys = getHotkeyHandler([["mod+Enter", () => void submit()]]);
  return (
    <ScrollArea h="100%" type="auto">
      <form
        aria-labelledby="create-title"
        noValidate
        onKeyDown={submitByKeys}
        onPaste={paste}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Stack maw={720} mx="auto" p={{ base: "md", sm: "xl" }}>
          <Title order={1} size="h2" id="create-title">
            {t("conversations.new.title")}
          </Title>
          {others.length > 0 && (
            <Group gap={6}>
              <Text size="xs" c="dimmed">
                {t("conversations.new.begun")}
              </Text>
              {others.slice(0, 5).map((each) => (
                <Anchor key={each.id} component="button" type="button" size="xs" maw={220} truncate onClick={() => open(each.id)}>
                  {each.subject.trim() || each.body.trim().slice(0, 60) || t("conversations.new.title")}
                </Anchor>
              ))}
            </Group>
          )}
          {problems[""] && (
            <Alert role="alert" color="red" styles={{ message: { color: "var(--mantine-color-text)" } }}>
              {problems[""]}
            </Alert>
          )}
          {office && (
            <CustomerSelect
              id="create-customerId"
              label={t("conversations.new.customer")}
              placeholder={t("conversations.new.customerPlaceholder")}
              withAsterisk
              autoFocus={!draft.customerId}
              // The rest of the form stays in sight until one looks for somebody.
              openOnFocus={false}
              value={draft.customerId}
              error={problems.customerId}
              onChange={(customerId) => change({ customerId })}
            />
          )}
          {reaching?.customer && !reaching.customer.hasActiveContacts && <ReachesNobody customer={reaching.customer.name} />}
          {hasTopics && (
            <Chip.Group multiple value={tags} onChange={(now) => change({ tags: now })}>
              <Input.Wrapper
                label={t("conversations.new.topics")}
                labelElement="div"
                withAsterisk
                error={problems.tags}
                role="group"
                aria-label={t("conversations.new.topics")}
              >
                <Group gap="xs" mt={4}>
                  {viewer.topics.map((topic, index) => (
                    <Chip key={topic} value={topic} size="sm" {...(index === 0 && { id: "create-tags" })}>
                      {topic}
                    </Chip>
                  ))}
                </Group>
              </Input.Wrapper>
            </Chip.Group>
          )}
          <TextInput
            id="create-subject"
            label={t("conversations.new.subject")}
            withAsterisk
            autoFocus={!!draft.customerId}
            value={draft.subject}
            error={problems.subject}
            onChange={(event) => change({ subject: event.currentTarget.value })}
          />
          <Textarea
            id="create-body"
            label={t("conversations.new.body")}
            withAsterisk={draft.files.length === 0}
            autosize
            minRows={6}
            maxRows={18}
            value={draft.body}
            error={problems.body}
            onChange={(event) => change({ body: event.currentTarget.value })}
          />
          <div>
            <Attachments
              attachments={attachments}
              remove={(key) => {
                setWaiting(false);
                remove(key);
              }}
              retry={retry}
            />
            <AddFiles add={addFiles} />
            {waiting && (
              <Text size="xs" role="status">
                {t("conversations.comments.waiting")}
              </Text>
            )}
            {problems.fileIds && <Input.Error role="alert">{problems.fileIds}</Input.Error>}
          </div>
          {office && (
            <>
              <Group grow align="flex-start" preventGrowOverflow={false} wrap="wrap">
                <Input.Wrapper
                  label={t("conversations.status.label")}
                  labelElement="div"
                  description={t(`conversations.status.hint.${draft.status}`)}
                  inputWrapperOrder={["label", "input", "description"]}
                >
                  <SegmentedControl
                    fullWidth
                    size="xs"
                    aria-label={t("conversations.status.label")}
                    value={draft.status}
                    onChange={(status) => change({ status: status as ConversationStatus })}
                    data={STATUSES.map((value) => ({
                      value,
                      label: (
                        <span className={statusClasses.label} data-status={value}>
                          {t(`conversations.status.${value}`)}
                        </span>
                      ),
                    }))}
                  />
                </Input.Wrapper>
                <AdministratorSelect
                  label={t("conversations.responsible.label")}
                  placeholder={t("conversations.responsible.nobody")}
                  clearable
                  clearButtonProps={{ "aria-label": t("conversations.responsible.nobody") }}
                  value={draft.responsibleId}
                  error={problems.responsibleAdministratorId}
                  onChange={(responsibleId) => change({ responsibleId })}
                />
              </Group>
              <TagsInput
                id="create-tags"
                label={t("conversations.tags.label")}
                description={t("conversations.tags.hint")}
                data={[...(choices?.conversationTags ?? [])]}
                maxTags={20}
                maxLength={40}
                value={tags}
                error={problems.tags}
                onChange={(now) => change({ tags: now })}
              />
              <Checkbox
                label={t("conversations.new.notify")}
                description={t("conversations.new.notifyHint")}
                checked={draft.notifyAll}
                onChange={(event) => change({ notifyAll: event.currentTarget.checked })}
              />
            </>
          )}
          <Group justify="space-between" mt="xs">
            <Text size="xs" c="dimmed">
              {viewer.customer?.name}
            </Text>
            <Group gap="xs">
              <Button variant="default" onClick={() => void navigate({ to: "/conversations", search: true })}>
                {t("common.action.cancel")}
              </Button>
              <Button type="submit" loading={fetching || waiting}>
                {t("conversations.new.submit")}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </ScrollArea>
  );
}
