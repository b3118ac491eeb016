using Xunit;

namespace Messaging.Api.Tests;

/// <summary>Tests that measure the memory of the whole process: nothing else may run beside them.</summary>
[CollectionDefinition("Memory", DisableParallelization = true)]
public sealed class MemoryCollection;
