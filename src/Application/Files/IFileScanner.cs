namespace Messaging.Application.Files;

/// <summary>The port to a scanner that finds dangerous files.</summary>
public interface IFileScanner
{
    /// <summary>Looks at a file.</summary>
    /// <param name="content">All of it, from its beginning.</param>
    /// <returns>The scanner's name of the finding; null when it found nothing.</returns>
    /// <exception cref="ScannerUnavailableException">
    /// There is no usable answer: the file is to be scanned again later.
    /// </exception>
    Task<string?> ScanAsync(Stream content, CancellationToken cancellation);
}

/// <summary>The scanner does not answer, or cannot say.</summary>
/// <param name="message">Why.</param>
public sealed class ScannerUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
