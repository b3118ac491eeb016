namespace Messaging.Domain.Conversations;

/// <summary>No such conversation, or one the actor may not see: the same answer.</summary>
public sealed record ConversationNotFound(string Field = "conversationId")
    : Refusal(RefusalKind.NotFound, "There is no such conversation.", Field);

/// <summary>No such customer in this organisation.</summary>
public sealed record CustomerNotFound(string Field = "customerId")
    : Refusal(RefusalKind.NotFound, "There is no such customer.", Field);

/// <summary>The administrator was deactivated.</summary>
public sealed record AdministratorIsDeactivated(string Field)
    : Refusal(RefusalKind.Invalid, "This administrator is deactivated.", Field);

/// <summary>The id names a conversation already.</summary>
public sealed record ConversationExists()
    : Refusal(RefusalKind.Conflict, "This id is used by another conversation.", "id");

/// <summary>The organisation does not let its customers start conversations.</summary>
public sealed record CustomersMayNotStartConversations()
    : Refusal(RefusalKind.Forbidden, "This organisation does not let its customers start conversations.");

/// <summary>A customer set a status.</summary>
public sealed record CustomersSetNoStatus()
    : Refusal(RefusalKind.Forbidden, "Customers cannot set a status.", "status");

/// <summary>A customer chose who is responsible.</summary>
public sealed record CustomersAssignNobody()
    : Refusal(
        RefusalKind.Forbidden, "Customers cannot choose the responsible administrator.", "responsibleAdministratorId");

/// <summary>A customer asked for every administrator to be told.</summary>
public sealed record CustomersNotifyNobody()
    : Refusal(RefusalKind.Forbidden, "Customers cannot notify administrators.", "notifyAllAdministrators");

/// <summary>A customer wrote an internal note.</summary>
public sealed record CustomersWriteNoInternalNotes()
    : Refusal(RefusalKind.Forbidden, "Customers cannot write internal notes.", "visibility");

/// <summary>The conversation changed since the client read it.</summary>
public sealed record ConversationChanged(long Expected, long Actual)
    : Refusal(RefusalKind.Conflict, $"The conversation is at version {Actual}, not {Expected}.", "expectedVersion");

/// <summary>A version was expected of a comment that sets no status.</summary>
public sealed record ExpectedVersionNeedsStatus()
    : Refusal(RefusalKind.Invalid, "expectedVersion can be given together with a status only.", "expectedVersion");

/// <summary>No such upload of this actor.</summary>
public sealed record FileNotFound(int Index)
    : Refusal(RefusalKind.NotFound, "There is no such file of yours to attach.", $"fileIds.{Index}");

/// <summary>The upload came with another comment already.</summary>
public sealed record FileIsAttachedAlready(int Index)
    : Refusal(RefusalKind.Conflict, "This file is attached to another comment already.", $"fileIds.{Index}");

/// <summary>More files than a comment may have.</summary>
public sealed record TooManyFiles(int Maximum)
    : Refusal(RefusalKind.TooLarge, $"A comment may have at most {Maximum} files.", "fileIds");

/// <summary>The same file twice.</summary>
public sealed record FileNamedTwice(int Index)
    : Refusal(RefusalKind.Invalid, "This file is named twice.", $"fileIds.{Index}");

/// <summary>A customer mentioned somebody.</summary>
public sealed record CustomersMentionNobody()
    : Refusal(RefusalKind.Forbidden, "Customers cannot mention colleagues.", "mentions");

/// <summary>A comment that customers read mentioned somebody.</summary>
public sealed record OnlyNotesMention()
    : Refusal(RefusalKind.Invalid, "Only internal notes can mention colleagues.", "mentions");

/// <summary>More colleagues than a note may mention.</summary>
public sealed record TooManyMentions(int Maximum)
    : Refusal(RefusalKind.TooLarge, $"A note may mention at most {Maximum} colleagues.", "mentions");
