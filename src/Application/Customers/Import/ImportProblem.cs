using Messaging.Domain;

namespace Messaging.Application.Customers.Import;

/// <summary>The reason why nothing can be done with a whole file.</summary>
[Stored("import_problem")]
public enum ImportProblem
{
    /// <summary>There is nothing in it.</summary>
    Empty = 0,

    /// <summary>No column of the header has customers' names or numbers.</summary>
    NoColumns = 1,

    /// <summary>Two columns of the header say the same.</summary>
    TwoColumns = 2,

    /// <summary>More columns than a file may have.</summary>
    TooManyColumns = 3,

    /// <summary>More lines than a file may have.</summary>
    TooManyLines = 4,

    /// <summary>A cell is longer than one may be; most often a quotation mark is not closed.</summary>
    TooLongCell = 5,

    /// <summary>It is no text: a workbook, for example.</summary>
    NoText = 6,

    /// <summary>Reading and checking it took too long.</summary>
    TooSlow = 7,

    /// <summary>The file is gone, or a scanner found something in it.</summary>
    NoFile = 8,
}

/// <summary>Ends the reading of a file that nothing can be done with.</summary>
/// <param name="problem">The reason.</param>
/// <param name="line">The line of the file that it was met at.</param>
internal sealed class ImportProblemException(ImportProblem problem, int line = 1)
    : Exception($"{problem} at line {line}")
{
    public ImportProblem Problem => problem;

    public int Line => line;
}
